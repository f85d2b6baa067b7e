package io.penstock.benchmarks;

import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.Flux;

/**
 * Reads ready rows by cursor on one connection, decodes and counts them on the driver's thread, and removes them by
 * batches on another. The bus does more: partitions, expiry, all columns, handlers on threads of their own, outcomes.
 */
final class TwinDrain extends TwinAttempt {

    private static final int PER_CONSUMER = 2;

    private final int consumers;
    private final int share;
    private final int batch;
    private final Tally tally;

    TwinDrain(Bench bench, int consumers, int share, int batch) {
        super(bench, PER_CONSUMER * consumers);
        this.consumers = consumers;
        this.share = share;
        this.batch = batch;
        this.tally = new Tally(consumers * events());
    }

    private int events() {
        return bench.events() / share;
    }

    @Override
    public void run() throws Exception {
        Blocking.await(Flux.range(0, consumers).flatMap(this::drain));
    }

    private Flux<TwinSql.Batch> drain(int consumer) {
        return TwinSql.drain(
                connection(PER_CONSUMER * consumer),
                connection(PER_CONSUMER * consumer + 1),
                consumer + 1,
                batch,
                delivered ->
                        tally.handled(consumer * events() + delivered.payload().number()));
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
        Map<String, Object> config = new HashMap<>(super.config());
        config.put("batchSize", batch);
        config.put("consumers", consumers);
        return config;
    }
}
