package io.penstock.benchmarks;

import java.util.List;

/** The workloads whose handlers write in the transaction that ends the event. */
final class Transactionals {

    private static final String GROUP = "drain-transactional";
    private static final int SINGLY = 60_000;
    private static final int IN_BATCHES = 200_000;
    private static final Shape ONE = Shape.DEFAULT;
    private static final Shape BATCH = Shape.DEFAULT.inBatches(100);
    private static final Template READY = Orders.in(Seeds.ready(1));

    private Transactionals() {}

    static Workload singly() {
        return Workload.rate(
                GROUP,
                SINGLY,
                List.of(
                        ours("penstock", ONE).against("twin"),
                        twin("twin", ONE, false),
                        twin("twin, begun with the removal", ONE, true),
                        Variant.of(
                                        "JDBC twin",
                                        Role.JDBC_TWIN,
                                        Guarantees.EFFECT_ONCE_BY_HAND,
                                        bench -> new JdbcTransactional(bench, ONE))
                                .on(READY)));
    }

    static Workload inBatches() {
        return Workload.rate(
                        GROUP + "-batch",
                        IN_BATCHES,
                        List.of(
                                ours("penstock, batches of 100", BATCH).against("twin, batches of 100"),
                                twin("twin, batches of 100", BATCH, false),
                                Drains.ours("penstock, plain", Shape.DEFAULT),
                                Drains.twin("bare twin, plain", Shape.DEFAULT, false)))
                .in(GROUP);
    }

    private static Variant ours(String name, Shape shape) {
        return Variant.of(name, Role.OURS, Guarantees.EFFECT_ONCE, bench -> new BusTransactional(bench, shape))
                .on(READY);
    }

    private static Variant twin(String name, Shape shape, boolean together) {
        return Variant.of(
                        name,
                        Role.TWIN,
                        Guarantees.EFFECT_ONCE_BY_HAND,
                        bench -> new TwinTransactional(bench, shape, together))
                .on(READY);
    }
}
