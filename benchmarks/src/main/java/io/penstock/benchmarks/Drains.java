package io.penstock.benchmarks;

import java.util.List;

/** The workloads that deliver what is ready. */
final class Drains {

    private static final int EVENTS = 200_000;
    private static final Template READY = Seeds.ready(1);

    private Drains() {}

    static Workload drain() {
        return Workload.rate(
                "drain",
                EVENTS,
                List.of(
                        ours("penstock", Shape.DEFAULT).against("twin"),
                        ours("penstock, concurrency 256", Shape.TUNED).against("twin, large batches"),
                        ours("penstock, batch handler", Shape.BATCHES).against("twin, largest batches"),
                        twin("twin", Shape.DEFAULT, true),
                        twin("twin, large batches", Shape.TUNED, true),
                        twin("twin, largest batches", Shape.BATCHES, true),
                        twin("bare twin, large batches, few columns", Shape.TUNED, false),
                        Variant.of(
                                        "bare JDBC twin, large batches, few columns",
                                        Role.JDBC_TWIN,
                                        Guarantees.BY_HAND,
                                        bench -> new JdbcDrain(bench, Shape.TUNED.window()))
                                .on(READY)));
    }

    static Workload fanOut() {
        return Workload.rate(
                "fan-out",
                EVENTS,
                List.of(
                        ours("penstock, 1 consumer", Shape.DEFAULT).against("twin, 1 consumer"),
                        fanOut("penstock, 4 consumers", 4).against("twin, 4 consumers"),
                        twin("twin, 1 consumer", Shape.DEFAULT, true),
                        Variant.of(
                                        "twin, 4 consumers",
                                        Role.TWIN,
                                        Guarantees.BY_HAND,
                                        bench -> new TwinDrain(bench, 4, Shape.DEFAULT.window(), true))
                                .on(Seeds.ready(4))));
    }

    private static Variant fanOut(String name, int consumers) {
        return Variant.of(name, Role.OURS, Guarantees.DELIVERY, bench -> new BusDrain(bench, consumers, Shape.DEFAULT))
                .on(Seeds.ready(consumers));
    }

    static Variant ours(String name, Shape shape) {
        return Variant.of(name, Role.OURS, Guarantees.DELIVERY, bench -> new BusDrain(bench, 1, shape))
                .on(READY);
    }

    /** @param whole whether it reads all there is to an event */
    static Variant twin(String name, Shape shape, boolean whole) {
        return Variant.of(name, Role.TWIN, Guarantees.BY_HAND, bench -> new TwinDrain(bench, 1, shape.window(), whole))
                .on(READY);
    }
}
