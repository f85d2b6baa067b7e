package io.penstock.crash;

import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

/** What a random scenario did can be done again: the seed is printed, and taken from {@code -Dcrash.seed}. */
final class Seed {

    private Seed() {}

    static Random random(String scenario) {
        long seed = Long.getLong("crash.seed", ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
        System.out.println(scenario + ": -Dcrash.seed=" + seed);
        return new Random(seed);
    }
}
