package io.penstock.benchmarks;

import io.r2dbc.spi.Connection;
import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.Flux;

/**
 * Reads ready rows by cursor on one connection, decodes and counts them on the driver's thread, and removes them by
 * batches on another. The bus does more: partitions, handlers on threads of their own, outcomes.
 */
final class TwinDrain extends TwinAttempt {

    private static final int PER_CONSUMER = 2;

    private final int consumers;
    private final int share;
    private final int batch;
    private final boolean whole;
    private final Tally tally;

    /** @param whole whether all there is to an event is read, as the bus does, or what a handler that knows it needs */
    TwinDrain(Bench bench, int consumers, int share, int batch, boolean whole) {
        super(bench, PER_CONSUMER * consumers);
        this.consumers = consumers;
        this.share = share;
        this.batch = batch;
        this.whole = whole;
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
        Connection reader = connection(PER_CONSUMER * consumer);
        Connection remover = connection(PER_CONSUMER * consumer + 1);
        return TwinSql.drain(
                remover,
                consumer + 1,
                above -> whole
                        ? TwinSql.readAll(
                                reader, consumer + 1, above, batch, event -> handled(consumer, event.payload()))
                        : TwinSql.read(reader, consumer + 1, above, batch, read -> handled(consumer, read.payload())));
    }

    private void handled(int consumer, Payload payload) {
        tally.handled(consumer * events() + payload.number());
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
        config.put("columns", whole ? "all" : "few");
        config.put("consumers", consumers);
        return config;
    }
}
