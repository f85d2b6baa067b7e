package io.penstock.crash;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the checker found. A scenario whose fault never happened has shown nothing, and one that is not drained has not
 * ended: neither is green.
 *
 * @param findings by kind; a kind without any has an empty list
 */
record Verdict(
        long published,
        long unknown,
        long effects,
        long dead,
        long pending,
        long faults,
        Map<String, List<String>> findings) {

    static final String LOST = "lost";
    static final String GHOSTS = "ghosts";
    static final String DOUBLES = "double effects";
    static final String DISORDER = "order violations";
    static final String CONSERVATION = "conservation";
    static final String LEAKS = "leaked connections";

    private static final int SHOWN = 5;

    boolean isGreen() {
        return faults > 0 && pending == 0 && findings.values().stream().allMatch(List::isEmpty);
    }

    List<String> of(String kind) {
        return findings.getOrDefault(kind, List.of());
    }

    void requireGreen() {
        if (!isGreen()) {
            throw new AssertionError(toString());
        }
        System.out.println(this);
    }

    @Override
    public String toString() {
        String figures = "%s: %d published (%d unknown), %d effects, %d dead, %d pending, fault fired %d times"
                .formatted(isGreen() ? "green" : "RED", published, unknown, effects, dead, pending, faults);
        String details = new TreeMap<>(findings)
                .entrySet().stream()
                        .filter(kind -> !kind.getValue().isEmpty())
                        .map(kind -> "%n  %d %s, e.g. %s"
                                .formatted(
                                        kind.getValue().size(),
                                        kind.getKey(),
                                        kind.getValue().stream().limit(SHOWN).toList()))
                        .collect(Collectors.joining());
        return figures + (faults == 0 ? ", so nothing is shown" : "") + details;
    }
}
