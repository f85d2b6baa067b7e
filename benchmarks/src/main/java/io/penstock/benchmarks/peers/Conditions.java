package io.penstock.benchmarks.peers;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What has to become true, or to be. */
final class Conditions {

    private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(2);

    private Conditions() {}

    /** Looks every two milliseconds; throws when that takes too long. */
    static void await(String what, BooleanSupplier condition, Duration most) {
        long startedAt = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startedAt > most.toNanos()) {
                throw new IllegalStateException(what + ": still after " + most.toSeconds() + " s");
            }
            LockSupport.parkNanos(LOOK_AGAIN);
        }
    }

    static void require(String what, long actual, long expected) {
        if (actual != expected) {
            throw new IllegalStateException(what + ": " + actual + ", expected " + expected);
        }
    }
}
