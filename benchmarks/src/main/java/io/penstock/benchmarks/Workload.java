package io.penstock.benchmarks;

import java.util.List;
import java.util.Map;

/**
 * A job, and the ways of doing it that are compared.
 *
 * @param name unique
 * @param group a name under which it runs together with others, or its own
 * @param events how many by default
 * @param figure what is compared
 * @param options settings that its attempts are given
 */
record Workload(
        String name, String group, int events, Figure figure, Map<String, String> options, List<Variant> variants) {

    Workload {
        options = Map.copyOf(options);
        variants = List.copyOf(variants);
    }

    static Workload rate(String name, int events, List<Variant> variants) {
        return new Workload(name, name, events, Figure.RATE, Map.of(), variants);
    }

    Workload in(String otherGroup) {
        return new Workload(name, otherGroup, events, figure, options, variants);
    }

    boolean isCalled(String word) {
        return word.equals("all") || word.equals(name) || word.equals(group);
    }

    /** What a cell's ratios compare. */
    enum Figure {
        /** Operations per second. */
        RATE,
        /** The median latency. */
        LATENCY,
        /** Statements per second. */
        STATEMENTS
    }
}
