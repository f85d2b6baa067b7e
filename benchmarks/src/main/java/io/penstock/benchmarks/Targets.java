package io.penstock.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What is asked of the figures. Each target is a number computed from medians, and a limit. */
final class Targets {

    private static final String OURS = "penstock";
    private static final Predicate<Cell> GRAPHILE = cell -> cell.variant().contains("graphile");
    private static final Predicate<Cell> JVM_PEER = cell -> cell.role() == Role.PEER
            && !cell.variant().contains("graphile")
            && !cell.variant().contains("pg-boss");
    private static final Predicate<Cell> ANY_OF_OURS = cell -> cell.role() == Role.OURS;
    private static final Predicate<Cell> SINGLE =
            ANY_OF_OURS.and(cell -> !cell.variant().contains("batch handler"));

    static final List<Target> ALL = List.of(
            least("publish-bulk, of the raw twin", 0.85, ratio("publish-bulk", OURS, "twin")),
            least(
                            "publish-single, of a statement for each event on as many connections",
                            5,
                            ratio("publish-single", OURS, "twin, a statement each"))
                    .beside("on 16", ratio("publish-single", OURS, "twin, a statement each, 16 connections")),
            least("publish-single, of publishAll", 0.5, ratio("publish-single", OURS, "penstock, publishAll")),
            most("publish-tx, statements more than without event", 1.1, Targets::addedStatements),
            added("8 at once, time more than by hand without event", "twin, no event", Targets::timeAtOnce),
            added("8 at once, time more than ours without event", "penstock, no event", Targets::timeAtOnce),
            added("one at a time, p50 more than by hand without event", "twin, no event", Targets::timeOfOne),
            added("one at a time, p50 more than ours without event", "penstock, no event", Targets::timeOfOne),
            least("drain, of the raw twin, default options", 0.8, ratio("drain", OURS, "twin")),
            least(
                    "drain, of the raw twin, concurrency 256",
                    0.8,
                    ratio("drain", "penstock, concurrency 256", "twin, large batches")),
            least("drain, our best of graphile-worker's best", 2, toPeer(ANY_OF_OURS, GRAPHILE))
                    .beside("one event a call", toPeer(SINGLE, GRAPHILE)),
            least("drain, our best of the best JVM peer's", 5, toPeer(ANY_OF_OURS, JVM_PEER))
                    .beside("one event a call", toPeer(SINGLE, JVM_PEER)),
            least("drain-transactional, of the raw twin", 0.8, ratio("drain-transactional", OURS, "twin")),
            least(
                    "drain-transactional, of the raw twin begun with the removal",
                    0.8,
                    ratio("drain-transactional", OURS, "twin, begun with the removal")),
            least(
                            "drain-transactional, batches of 100, of a plain drain",
                            0.6,
                            ratio("drain-transactional-batch", "penstock, batches of 100", "penstock, plain"))
                    .because("Each event costs what its handler writes, a row and its index entry, besides what a plain"
                            + " delivery does; by hand the rate falls as much.")
                    .beside(
                            "by hand, both",
                            ratio("drain-transactional-batch", "twin, batches of 100", "bare twin, plain")),
            least(
                    "fan-out to 4, deliveries, of one consumer's",
                    0.8,
                    ratio("fan-out", "penstock, 4 consumers", "penstock, 1 consumer")),
            least("steady, of the raw twin, default options", 0.8, ratio("steady", OURS, "twin")),
            least(
                    "steady, of the raw twin, concurrency 256",
                    0.8,
                    ratio("steady", "penstock, concurrency 256", "twin, large batches")),
            most("latency at 500/s, p50 in ms", 3, figures -> figures.median("latency-500", OURS, Cell::p50Ms)),
            most("latency at 500/s, p99 in ms", 15, figures -> figures.median("latency-500", OURS, Cell::p99Ms)),
            most(
                    "latency at 500/s, p50 over graphile-worker's",
                    1,
                    figures -> over(
                            figures.median("latency-500", OURS, Cell::p50Ms),
                            figures.fastest("latency-500", GRAPHILE))),
            least("pinned-xmin, of not pinned", 0.9, ratio("pinned-xmin", OURS, "penstock, not pinned")),
            least(
                    "backlog ten times as large, first tenth of it, of the rate",
                    0.9,
                    ratio("backlog", "penstock, first tenth of ten times as much", "penstock, whole backlog")),
            least(
                    "backlog ten times as large drained in 256 MiB, cells verified",
                    1,
                    figures -> verified(figures, "backlog", "penstock, ten times as much in 256 MiB")),
            least("nodes, two of one", 0.9, ratio("nodes", "penstock, 2 nodes", "penstock, 1 node")),
            most("idle, statements per second, one node", 2, figures -> figures.rate("idle", "penstock, 1 node")),
            most(
                    "idle, statements per second and node, two nodes",
                    2,
                    figures -> figures.rate("idle", "penstock, 2 nodes")));

    private Targets() {}

    private static Target least(String what, double limit, Function<Figures, @Nullable Double> value) {
        return new Target(what, limit, true, value, null, "");
    }

    private static Target most(String what, double limit, Function<Figures, @Nullable Double> value) {
        return new Target(what, limit, false, value, null, "");
    }

    /** What the event adds to a transaction of ours, beside what it adds to one of the twin. */
    private static Target added(String what, String without, Added added) {
        return most("publish-tx, " + what, 0.3, figures -> added.by(figures, OURS, without))
                .beside("by hand", figures -> added.by(figures, "twin", "twin, no event"))
                .because(
                        "An event is a row in each of two tables and an entry in three indexes, where the order is one and"
                                + " one: by hand it adds more than is asked, too.");
    }

    private static Function<Figures, @Nullable Double> ratio(String workload, String variant, String to) {
        return figures -> over(figures.rate(workload, variant), figures.rate(workload, to));
    }

    private static Function<Figures, @Nullable Double> toPeer(Predicate<Cell> ours, Predicate<Cell> peer) {
        return figures -> over(figures.best("drain", ours), figures.best("drain", peer));
    }

    private static @Nullable Double addedStatements(Figures figures) {
        Double with = figures.median("publish-tx", OURS, Cell::roundTripsPerEvent);
        Double without = figures.median("publish-tx", "penstock, no event", Cell::roundTripsPerEvent);
        return with == null || without == null ? null : (Double) (with - without);
    }

    private static @Nullable Double timeAtOnce(Figures figures, String with, String without) {
        return more(over(figures.rate("publish-tx", without), figures.rate("publish-tx", with)));
    }

    private static @Nullable Double timeOfOne(Figures figures, String with, String without) {
        return more(over(
                figures.median("publish-tx-one", with, Cell::p50Ms),
                figures.median("publish-tx-one", without, Cell::p50Ms)));
    }

    private static @Nullable Double more(@Nullable Double ratio) {
        return ratio == null ? null : (Double) (ratio - 1);
    }

    private static @Nullable Double verified(Figures figures, String workload, String variant) {
        return figures.of(workload).containsKey(variant)
                ? (Double) (figures.rate(workload, variant) == null ? 0.0 : 1.0)
                : null;
    }

    private static @Nullable Double over(@Nullable Double one, @Nullable Double other) {
        return one == null || other == null || other == 0 ? null : (Double) (one / other);
    }

    /** By what share a variant takes longer than another. */
    private interface Added {
        @Nullable
        Double by(Figures figures, String with, String without);
    }

    /** Another number that says what to think of a target's. */
    record Beside(String what, Function<Figures, @Nullable Double> value) {}

    /** A number that is to be at least, or at most, its limit. */
    record Target(
            String what,
            double limit,
            boolean isLeast,
            Function<Figures, @Nullable Double> value,
            @Nullable Beside beside,
            String why) {

        Target beside(String other, Function<Figures, @Nullable Double> figure) {
            return new Target(what, limit, isLeast, value, new Beside(other, figure), why);
        }

        /** Why it may not be met. */
        Target because(String reason) {
            return new Target(what, limit, isLeast, value, beside, " " + reason);
        }

        String asked() {
            return (isLeast ? "≥ " : "≤ ") + text(limit);
        }

        String measured(Figures figures) {
            Double value = value().apply(figures);
            return value == null ? "–" : text(value) + besides(figures);
        }

        private String besides(Figures figures) {
            Double other = beside == null ? null : beside.value().apply(figures);
            return beside == null || other == null ? "" : " (" + beside.what() + " " + text(other) + ")";
        }

        /** Met, NOT met, or not measured. */
        String verdict(Figures figures) {
            Double value = value().apply(figures);
            if (value == null) {
                return "not measured";
            }
            return (isLeast ? value >= limit : value <= limit) ? "met" : "**NOT met**";
        }

        private static String text(double value) {
            return String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
        }
    }
}
