package io.penstock.benchmarks;

import java.util.List;

/** The workloads to Kafka and back, beside what they stand on. */
final class Bridges {

    private static final String GROUP = "kafka";
    private static final int EVENTS = 100_000;

    // How a relay takes events from the bus: it reads two batches ahead.
    private static final Shape BATCHES = new Shape(
            BusRelay.DEFAULTS.concurrency(), 2 * BusRelay.DEFAULTS.batchSize(), BusRelay.DEFAULTS.batchSize(), true);

    private Bridges() {}

    static Workload relay() {
        return Workload.rate(
                        "relay",
                        EVENTS,
                        List.of(
                                Variant.of(
                                                "penstock",
                                                Role.OURS,
                                                "at least once on the topic, in the order of keys",
                                                BusRelay::new)
                                        .on(Seeds.ready(1))
                                        .against("producer alone"),
                                Drains.ours("penstock, drained in batches", BATCHES),
                                ceiling("producer alone", false)))
                .in(GROUP);
    }

    static Workload ingress() {
        return Workload.rate(
                        "ingress",
                        EVENTS,
                        List.of(
                                Variant.of(
                                                "penstock",
                                                Role.OURS,
                                                "once in the outbox, in the order of keys",
                                                BusIngress::new)
                                        .on(Seeds.consumers(1))
                                        .against("consumer alone"),
                                Variant.of(
                                                "penstock, publishAll",
                                                Role.OURS,
                                                Guarantees.STORED,
                                                bench -> new BusPublish(bench, BusPublish.Way.STREAM))
                                        .on(Seeds.consumers(1)),
                                ceiling("consumer alone", true)))
                .in(GROUP);
    }

    private static Variant ceiling(String name, boolean reads) {
        return Variant.of(name, Role.CEILING, "no database", bench -> new PlainClient(bench, reads));
    }
}
