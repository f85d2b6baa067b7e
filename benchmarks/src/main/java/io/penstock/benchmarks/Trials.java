package io.penstock.benchmarks;

import java.util.List;
import java.util.Map;

/** The workloads that make a drain harder than it need be, and the one with nothing to do. */
final class Trials {

    private static final int EVENTS = 200_000;
    private static final int TIMES = 10;
    private static final Template READY = Seeds.ready(1);

    private Trials() {}

    static Workload pinned() {
        return Workload.rate(
                "pinned-xmin",
                EVENTS,
                List.of(
                        ours("penstock", Pinned.of(bench -> new BusDrain(bench, 1, Shape.DEFAULT)))
                                .on(READY)
                                .against("twin"),
                        Drains.ours("penstock, not pinned", Shape.DEFAULT),
                        Variant.of(
                                        "twin",
                                        Role.TWIN,
                                        Guarantees.BY_HAND,
                                        Pinned.of(bench -> new TwinDrain(bench, 1, Shape.DEFAULT.window(), true)))
                                .on(READY)));
    }

    static Workload failing() {
        Template parked = Seeds.readyAndParked();
        return Workload.rate(
                "failing",
                EVENTS / 4,
                List.of(
                        ours("penstock, 10 % failing", bench -> new BusFailing(bench, 10))
                                .on(parked),
                        ours("penstock, none failing", bench -> new BusFailing(bench, 0))
                                .on(parked)));
    }

    static Workload backlog() {
        return Workload.rate(
                "backlog",
                EVENTS,
                List.of(
                        ours("penstock, whole backlog", bench -> new BusBacklog(bench, 1))
                                .on(Seeds.backlog(1)),
                        ours("penstock, first tenth of ten times as much", bench -> new BusBacklog(bench, TIMES))
                                .on(Seeds.backlog(TIMES)),
                        ours("penstock, ten times as much in 256 MiB", bench -> new SmallHeap(bench, TIMES))
                                .on(Seeds.backlog(TIMES))
                                .cold()));
    }

    static Workload nodes() {
        return Workload.rate(
                "nodes",
                4 * EVENTS,
                List.of(nodes("penstock, 1 node", 1), nodes("penstock, 2 nodes", 2), nodes("penstock, 4 nodes", 4)));
    }

    static Workload idle() {
        return new Workload(
                "idle",
                "idle",
                0,
                Workload.Figure.STATEMENTS,
                Map.of(),
                List.of(
                        ours("penstock, 1 node", bench -> new BusIdle(bench, 1)).on(Seeds.consumers(1)),
                        ours("penstock, 2 nodes", bench -> new BusIdle(bench, 2))
                                .on(Seeds.consumers(1))));
    }

    private static Variant nodes(String name, int count) {
        return ours(name, bench -> new BusNodes(bench, count))
                .on(Seeds.readyForSecond())
                .cold();
    }

    private static Variant ours(String name, Variant.Opener opener) {
        return Variant.of(name, Role.OURS, Guarantees.DELIVERY, opener);
    }
}
