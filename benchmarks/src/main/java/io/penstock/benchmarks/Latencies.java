package io.penstock.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The workloads that ask how long an event takes to its handler, at three loads. */
final class Latencies {

    private static final int SECONDS = 10;

    /** So many that the slowest in a hundred are some. */
    private static final int LEAST = 1_000;

    private static final Template CONSUMER = Seeds.consumers(1);

    private Latencies() {}

    static List<Workload> all() {
        return IntStream.of(50, 500, 5_000).mapToObj(Latencies::at).toList();
    }

    private static Workload at(int rate) {
        return new Workload(
                "latency-" + rate,
                "latency",
                Math.max(LEAST, rate * SECONDS),
                Workload.Figure.LATENCY,
                Map.of(OpenLoop.RATE, Integer.toString(rate)),
                List.of(
                        Variant.of("penstock", Role.OURS, Guarantees.DELIVERY, BusLatency::new)
                                .on(CONSUMER)
                                .against("twin"),
                        Variant.of("twin", Role.TWIN, Guarantees.BY_HAND, TwinLatency::new)
                                .on(CONSUMER)));
    }
}
