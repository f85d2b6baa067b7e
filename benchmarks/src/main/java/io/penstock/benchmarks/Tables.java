package io.penstock.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Prints cells for people. */
final class Tables {

    private static final String ROW = "  %-34s %12s %21s %8s %8s %9s %9s %8s %8s %8s %7s%n";

    private Tables() {}

    static String line(Cell cell) {
        String round = cell.round() == 0 ? "warm-up" : "round " + cell.round();
        String what = cell.error() != null
                ? "NOT VERIFIED: " + cell.error()
                : text(cell.rate(), 0) + "/s"
                        + (cell.p50Ms() == null ? "" : ", p50 " + text(cell.p50Ms(), 2) + " ms")
                        + (cell.p99Ms() == null ? "" : ", p99 " + text(cell.p99Ms(), 2) + " ms");
        return "  " + cell.workload() + ", " + round + ", " + cell.variant() + ": " + what;
    }

    static String line(Workload workload) {
        return String.format(
                Locale.ROOT,
                "%-26s %,9d events, %2d variants",
                workload.name(),
                workload.events(),
                workload.variants().size());
    }

    /** Medians over the rounds. */
    static String of(String workload, List<Cell> cells) {
        StringBuilder table = new StringBuilder("\n" + workload + "\n");
        table.append(String.format(
                Locale.ROOT,
                ROW,
                "",
                "per second",
                "min-max",
                "p50 ms",
                "p99 ms",
                "/ twin",
                "/ peer",
                "WAL B",
                "CPU us",
                "JVM us",
                "stmts"));
        byVariant(cells).forEach((variant, own) -> table.append(row(variant, own)));
        return table.toString();
    }

    static Map<String, List<Cell>> byVariant(List<Cell> cells) {
        Map<String, List<Cell>> variants = new LinkedHashMap<>();
        cells.forEach(cell -> variants.computeIfAbsent(cell.variant(), name -> new ArrayList<>())
                .add(cell));
        return variants;
    }

    private static String row(String variant, List<Cell> cells) {
        Spread rate = Spread.of(cells, Cell::rate);
        return String.format(
                Locale.ROOT,
                ROW,
                variant,
                rate == null ? "NOT VERIFIED" : text(rate.median(), 0),
                rate == null ? "" : text(rate.least(), 0) + "-" + text(rate.most(), 0),
                median(cells, Cell::p50Ms, 2),
                median(cells, Cell::p99Ms, 2),
                median(cells, Cell::ratioToTwin, 2),
                median(cells, Cell::ratioToBestPeer, 2),
                median(cells, Cell::walBytesPerEvent, 0),
                median(cells, Cell::cpuMicrosPerEvent, 1),
                median(cells, Cell::jvmCpuMicrosPerEvent, 1),
                median(cells, Cell::roundTripsPerEvent, 3));
    }

    static String median(List<Cell> cells, Function<Cell, @Nullable Double> figure, int digits) {
        Spread spread = Spread.of(cells, figure);
        return spread == null ? "" : text(spread.median(), digits);
    }

    static String text(@Nullable Double value, int digits) {
        return value == null
                ? ""
                : String.format(Locale.ROOT, "%,." + (digits == 0 && value < 100 ? 1 : digits) + "f", value);
    }

    /** What the rounds of a variant gave. */
    record Spread(double median, double least, double most) {

        /** {@code null} if a cell has no such figure: one round that failed is not left out of a median. */
        static @Nullable Spread of(List<Cell> cells, Function<Cell, @Nullable Double> figure) {
            List<Double> values =
                    cells.stream().map(figure).filter(Objects::nonNull).sorted().toList();
            if (values.isEmpty() || values.size() < cells.size()) {
                return null;
            }
            int middle = values.size() / 2;
            double median =
                    values.size() % 2 == 1 ? values.get(middle) : (values.get(middle - 1) + values.get(middle)) / 2;
            return new Spread(median, values.get(0), values.get(values.size() - 1));
        }
    }
}
