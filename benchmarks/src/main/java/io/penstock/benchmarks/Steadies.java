package io.penstock.benchmarks;

import java.util.List;

/** The workload that publishes and drains at once. */
final class Steadies {

    private static final int EVENTS = 200_000;
    private static final Template CONSUMER = Seeds.consumers(1);

    private Steadies() {}

    static Workload steady() {
        return Workload.rate(
                "steady",
                EVENTS,
                List.of(
                        ours("penstock", Shape.DEFAULT).against("twin"),
                        ours("penstock, concurrency 256", Shape.TUNED).against("twin, large batches"),
                        twin("twin", Shape.DEFAULT),
                        twin("twin, large batches", Shape.TUNED)));
    }

    private static Variant ours(String name, Shape shape) {
        return Variant.of(name, Role.OURS, Guarantees.DELIVERY, bench -> new BusSteady(bench, shape))
                .on(CONSUMER);
    }

    private static Variant twin(String name, Shape shape) {
        return Variant.of(name, Role.TWIN, Guarantees.BY_HAND, bench -> new TwinSteady(bench, shape.window()))
                .on(CONSUMER);
    }
}
