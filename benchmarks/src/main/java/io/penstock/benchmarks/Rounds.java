package io.penstock.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs a workload: every variant once in each round. Each round begins with another one, and every second one goes
 * backwards, so that nobody always comes after the same one, or last.
 */
final class Rounds {

    private static final int MOST_WARM_UPS = 15;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Arguments arguments;
    private final Databases databases;
    private final CellRun run;
    private final PrintStream out;

    Rounds(Arguments arguments, Databases databases, CellRun run, PrintStream out) {
        this.arguments = arguments;
        this.databases = databases;
        this.run = run;
        this.out = out;
    }

    /** Returns all cells, with their ratios; those of the warm-up are not among them. */
    List<Cell> run(Workload workload) throws Exception {
        List<Variant> variants = workload.variants().stream()
                .filter(variant -> arguments.wants(workload, variant))
                .toList();
        Map<String, String> options = new HashMap<>(workload.options());
        options.putAll(arguments.options());
        int events = arguments.eventsOf(workload);
        warmUp(workload, variants, events, options);
        List<Cell> cells = new ArrayList<>();
        for (int round = 1; round <= arguments.rounds(); round++) {
            cells.addAll(round(workload, inTurn(variants, round), round, events, options));
        }
        databases.forget();
        return cells;
    }

    private void warmUp(Workload workload, List<Variant> variants, int events, Map<String, String> options)
            throws Exception {
        int some = (int) Math.ceil(events * arguments.warmUp());
        if (some == 0) {
            return;
        }
        Map<Variant, Warmth> warmth = new HashMap<>();
        List<Variant> cold = new ArrayList<>(
                variants.stream().filter(variant -> variant.turns().warmsUp()).toList());
        for (int i = 0; i < MOST_WARM_UPS && !cold.isEmpty(); i++) {
            cold.removeIf(variant ->
                    isWarm(workload, variant, warmth.computeIfAbsent(variant, any -> new Warmth()), some, options));
            // What one has left to be compiled is not always charged to the same other.
            Collections.reverse(cold);
        }
        if (some != events) {
            databases.forget();
        }
    }

    /** Runs a cell that is not counted; a failure is said in the first round. */
    private boolean isWarm(Workload workload, Variant variant, Warmth warmth, int events, Map<String, String> options) {
        long begunAt = System.nanoTime();
        Cell cell = run.run(workload, variant, 0, events, options);
        print(cell);
        return cell.compiling() == null
                || warmth.add((System.nanoTime() - begunAt) / NANOS_PER_SECOND, cell.compiling());
    }

    static List<Variant> inTurn(List<Variant> variants, int round) {
        List<Variant> turn = new ArrayList<>(variants);
        if (round % 2 == 0) {
            Collections.reverse(turn);
        }
        Collections.rotate(turn, round % 2 == 0 ? round : 1 - round);
        turn.removeIf(variant -> round > variant.turns().rounds());
        return turn;
    }

    private List<Cell> round(
            Workload workload, List<Variant> variants, int round, int events, Map<String, String> options) {
        List<Cell> cells = new ArrayList<>();
        for (Variant variant : variants) {
            Cell cell = run.run(workload, variant, round, events, options);
            print(cell);
            cells.add(cell);
        }
        return cells.stream().map(cell -> compared(cell, cells, workload)).toList();
    }

    private void print(Cell cell) {
        out.println(Tables.line(cell));
    }

    private static Cell compared(Cell cell, List<Cell> cells, Workload workload) {
        Double own = cell.figure(workload.figure());
        String twin = workload.variants().stream()
                .filter(variant -> variant.name().equals(cell.variant()))
                .findFirst()
                .map(Variant::against)
                .orElse(null);
        return own == null
                ? cell
                : cell.with(
                        over(own, figureOf(twin, cells, workload.figure())),
                        cell.role() == Role.PEER ? null : over(own, bestPeer(cells, workload.figure())));
    }

    private static @Nullable Double figureOf(@Nullable String variant, List<Cell> cells, Workload.Figure figure) {
        return cells.stream()
                .filter(cell -> cell.variant().equals(variant))
                .map(cell -> cell.figure(figure))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static @Nullable Double bestPeer(List<Cell> cells, Workload.Figure figure) {
        Comparator<Double> better = figure == Workload.Figure.RATE
                ? Comparator.naturalOrder()
                : Comparator.<Double>naturalOrder().reversed();
        return cells.stream()
                .filter(cell -> cell.role() == Role.PEER)
                .map(cell -> cell.figure(figure))
                .filter(Objects::nonNull)
                .max(better)
                .orElse(null);
    }

    private static @Nullable Double over(double own, @Nullable Double other) {
        return other == null || other == 0 ? null : (Double) (own / other);
    }
}
