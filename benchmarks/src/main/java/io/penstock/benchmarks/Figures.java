package io.penstock.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The cells of each workload's last run, and medians over its rounds. */
final class Figures {

    private final Map<String, List<Cell>> workloads = new LinkedHashMap<>();

    Figures(List<Cell> cells) {
        Map<String, String> last = new LinkedHashMap<>();
        cells.forEach(cell -> last.merge(cell.workload(), cell.run(), (a, b) -> a.compareTo(b) > 0 ? a : b));
        cells.stream()
                .filter(cell -> cell.run().equals(last.get(cell.workload())))
                .forEach(cell -> workloads
                        .computeIfAbsent(cell.workload(), name -> new ArrayList<>())
                        .add(cell));
    }

    /** The cells of a workload by variant, in the order of its first round. */
    Map<String, List<Cell>> of(String workload) {
        return Tables.byVariant(workloads.getOrDefault(workload, List.of()));
    }

    @Nullable
    Double rate(String workload, String variant) {
        return median(workload, variant, Cell::rate);
    }

    @Nullable
    Double median(String workload, String variant, Function<Cell, @Nullable Double> figure) {
        Tables.Spread spread = Tables.Spread.of(of(workload).getOrDefault(variant, List.of()), figure);
        return spread == null ? null : (Double) spread.median();
    }

    /** The highest median rate among the variants that match; {@code null}: none has one. */
    @Nullable
    Double best(String workload, Predicate<Cell> which) {
        return matching(workload, which)
                .map(cells -> Tables.Spread.of(cells, Cell::rate))
                .flatMap(Stream::ofNullable)
                .map(Tables.Spread::median)
                .max(Double::compare)
                .orElse(null);
    }

    /** The lowest median of p50 among the variants that match. */
    @Nullable
    Double fastest(String workload, Predicate<Cell> which) {
        return matching(workload, which)
                .map(cells -> Tables.Spread.of(cells, Cell::p50Ms))
                .flatMap(Stream::ofNullable)
                .map(Tables.Spread::median)
                .min(Double::compare)
                .orElse(null);
    }

    private Stream<List<Cell>> matching(String workload, Predicate<Cell> which) {
        return of(workload).values().stream().filter(cells -> which.test(cells.get(0)));
    }

    /** Whether the last run of the workload has a cell that was not verified. */
    List<Cell> failed() {
        return workloads.values().stream()
                .flatMap(List::stream)
                .filter(cell -> cell.error() != null)
                .toList();
    }
}
