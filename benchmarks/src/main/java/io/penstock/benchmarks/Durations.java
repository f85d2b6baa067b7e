package io.penstock.benchmarks;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Mono;

/** How long each of many operations took, from when it was begun. Thread-safe. */
final class Durations {

    private static final long LONGEST = TimeUnit.MINUTES.toNanos(5);

    private final Histogram nanos = new ConcurrentHistogram(LONGEST, 3);

    <T> Mono<T> of(Mono<T> operation) {
        return Mono.defer(() -> {
            long begunAt = System.nanoTime();
            return operation.doOnSuccess(done -> endsNow(begunAt));
        });
    }

    void endsNow(long begunAtNanos) {
        nanos.recordValue(Math.min(LONGEST, System.nanoTime() - begunAtNanos));
    }

    Histogram nanos() {
        return nanos;
    }
}
