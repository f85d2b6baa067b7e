package io.penstock.benchmarks;

import io.penstock.bus.ConsumerSpec;
import java.util.Map;
import java.util.function.IntConsumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Delivers what is ready to consumers that do nothing but count. The time includes leasing the partitions. */
final class BusDrain extends BusAttempt {

    private final int consumers;
    private final int share;
    private final Shape shape;
    private final Tally tally;

    /** @param share one in so many of the workload's events is ready */
    BusDrain(Bench bench, int consumers, int share, Shape shape) {
        super(bench);
        this.consumers = consumers;
        this.share = share;
        this.shape = shape;
        this.tally = new Tally(consumers * events());
    }

    private int events() {
        return bench.events() / share;
    }

    @Override
    public void run() throws Exception {
        Blocking.await(Flux.range(0, consumers)
                .flatMap(i ->
                        bus.subscribe(shape.spec("consumer-" + i, number -> tally.handled(i * events() + number)))));
        tally.await(Blocking.PATIENCE);
        Owed.awaitNone(bench.database());
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Owed.requireNone(bench.database());
    }

    @Override
    public long operations(Bench given) {
        return (long) consumers * events();
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = super.config();
        config.putAll(shape.config());
        config.put("consumers", consumers);
        return config;
    }

    /**
     * How a consumer takes its events.
     *
     * @param batchSize 0: one by one
     */
    record Shape(int concurrency, int prefetch, int batchSize, boolean ordered) {

        static final Shape DEFAULT = new Shape(16, 256, 0, false);
        static final Shape TUNED = new Shape(256, 1_024, 0, false);
        static final Shape BATCHES = new Shape(4, 1_024, 250, false);

        /** The most that are in memory at once. */
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
    }
}
