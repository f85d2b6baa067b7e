package io.penstock.bus;

import java.util.Random;

/** A source of chance that can be repeated: {@code -Dpenstock.seed=…} takes the number a failing run printed. */
final class Seed {

    private Seed() {}

    static Random random(Class<?> test) {
        long seed = Long.getLong("penstock.seed", System.nanoTime());
        System.out.println(test.getSimpleName() + " runs with -Dpenstock.seed=" + seed);
        return new Random(seed);
    }
}
