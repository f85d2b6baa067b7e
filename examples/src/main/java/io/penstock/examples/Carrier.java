package io.penstock.examples;

import java.time.Duration;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A remote carrier, simulated: it takes a few milliseconds and fails one attempt in twenty. The same attempt for the same
 * order ends the same way in every run. Thread-safe.
 */
final class Carrier {

    private static final long SEED = 2026;
    private static final double FAILING = 0.05;
    private static final int SLOWEST_MILLIS = 5;

    private volatile @Nullable String poisoned;

    /** @param poisoned the order of which every attempt fails until {@link #repair}; {@code null}: none */
    Carrier(@Nullable String poisoned) {
        this.poisoned = poisoned;
    }

    /** Emits the tracking code. */
    Mono<String> ship(Order order, int attempt) {
        SplittableRandom chance =
                new SplittableRandom(SEED + 1_000L * order.orderId().hashCode() + attempt);
        boolean fails = chance.nextDouble() < FAILING || order.orderId().equals(poisoned);
        return Mono.delay(Duration.ofMillis(chance.nextInt(1, SLOWEST_MILLIS)))
                .flatMap(answered ->
                        fails ? Mono.error(new RefusedException(order)) : Mono.just("T-" + order.orderId()));
    }

    void repair() {
        poisoned = null;
    }

    static final class RefusedException extends RuntimeException {

        RefusedException(Order order) {
            super("The carrier refused order " + order.orderId());
        }
    }
}
