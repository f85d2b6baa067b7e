package io.penstock.benchmarks;

import java.time.Duration;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Where reactive work meets the one thread that runs a cell.
 *
 * <p>The one place that blocks: an attempt is over when its work is, and two attempts at once would measure each other.
 */
final class Blocking {

    /** Longer than any cell takes. */
    static final Duration PATIENCE = Duration.ofMinutes(5);

    private Blocking() {}

    static void await(Publisher<?> work) {
        Flux.from(work).then().block(PATIENCE);
    }

    static <T> T get(Mono<T> work) {
        T value = work.block(PATIENCE);
        if (value == null) {
            throw new IllegalStateException("No value came");
        }
        return value;
    }
}
