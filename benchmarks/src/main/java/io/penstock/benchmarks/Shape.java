package io.penstock.benchmarks;

import io.penstock.bus.ConsumerOptions;
import io.penstock.bus.ConsumerSpec;
import java.util.Map;
import java.util.function.IntConsumer;
import reactor.core.publisher.Mono;

/**
 * How a consumer takes its events.
 *
 * @param batchSize 0: one by one
 */
record Shape(int concurrency, int prefetch, int batchSize, boolean ordered) {

    /** The bus's own defaults. */
    static final Shape DEFAULT = defaults();

    static final Shape TUNED = DEFAULT.concurrency(256);
    static final Shape BATCHES = DEFAULT.concurrency(4).inBatches(250);

    Shape concurrency(int handlers) {
        return new Shape(handlers, prefetch, batchSize, ordered);
    }

    Shape inBatches(int size) {
        return new Shape(concurrency, prefetch, size, ordered);
    }

    Shape inOrder() {
        return new Shape(concurrency, prefetch, batchSize, true);
    }

    /** The most that are in memory at once: what a twin reads with one statement. */
    int window() {
        return concurrency * Math.max(1, batchSize) + prefetch;
    }

    ConsumerSpec<Payload> spec(String name, IntConsumer handler) {
        ConsumerSpec.Builder<Payload> builder = builder(name);
        return batchSize == 0
                ? builder.handle(event -> {
                    handler.accept(event.payload().number());
                    return Mono.empty();
                })
                : builder.batchSize(batchSize).handleBatch(events -> {
                    events.forEach(event -> handler.accept(event.payload().number()));
                    return Mono.empty();
                });
    }

    ConsumerSpec.Builder<Payload> builder(String name) {
        ConsumerSpec.Builder<Payload> builder = ConsumerSpec.named(name)
                .on(Payload.class)
                .concurrency(concurrency)
                .prefetch(prefetch);
        return ordered ? builder.ordered() : builder;
    }

    Map<String, Object> config() {
        return Map.of("concurrency", concurrency, "prefetch", prefetch, "batchSize", batchSize, "ordered", ordered);
    }

    private static Shape defaults() {
        ConsumerOptions options = ConsumerOptions.DEFAULTS;
        return new Shape(options.concurrency(), options.prefetch(), 0, options.ordered());
    }
}
