package io.penstock.benchmarks;

/**
 * Whether what a variant runs is compiled: the JVM's compilers have had little to do for some seconds of its cells. What
 * they do is paid on the same processors, by whoever has the most code, and in a server over in its first minute.
 */
final class Warmth {

    private static final double LITTLE = 0.03;
    private static final double ENOUGH_SECONDS = 5;

    private double quietSeconds;

    /**
     * Returns whether that is enough.
     *
     * @param seconds that a cell took with its preparation
     * @param compiling share of what was measured that the compilers worked
     */
    boolean add(double seconds, double compiling) {
        quietSeconds = compiling < LITTLE ? quietSeconds + seconds : 0;
        return quietSeconds >= ENOUGH_SECONDS;
    }
}
