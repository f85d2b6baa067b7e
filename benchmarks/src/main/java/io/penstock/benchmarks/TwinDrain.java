package io.penstock.benchmarks;

import io.r2dbc.spi.Connection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import reactor.core.publisher.Flux;

/**
 * Reads ready rows by cursor on one connection, decodes and counts them on the driver's thread, and removes them by
 * batches on another. The bus does more: partitions, handlers on threads of their own, outcomes.
 */
final class TwinDrain extends TwinAttempt {

    private static final int PER_CONSUMER = 2;

    private final int batch;
    private final boolean whole;
    private final Deliveries deliveries;

    /** @param whole whether all there is to an event is read, as the bus does, or what a handler that knows it needs */
    TwinDrain(Bench bench, int consumers, int batch, boolean whole) {
        super(bench, PER_CONSUMER * consumers);
        this.batch = batch;
        this.whole = whole;
        this.deliveries = new Deliveries(bench, consumers);
    }

    @Override
    public void run() throws Exception {
        Blocking.await(Flux.range(0, deliveries.consumers()).flatMap(this::drain));
    }

    private Flux<TwinSql.Batch> drain(int consumer) {
        Connection reader = connection(PER_CONSUMER * consumer);
        Connection remover = connection(PER_CONSUMER * consumer + 1);
        int id = consumer + 1;
        IntConsumer handler = deliveries.to(consumer);
        return TwinSql.drain(
                remover,
                id,
                above -> whole
                        ? TwinSql.readAll(
                                reader,
                                id,
                                above,
                                batch,
                                event -> handler.accept(event.payload().number()))
                        : TwinSql.read(
                                reader,
                                id,
                                above,
                                batch,
                                read -> handler.accept(read.payload().number())));
    }

    @Override
    public void verify() throws Exception {
        deliveries.requireDone(bench.database());
    }

    @Override
    public long operations(Bench given) {
        return deliveries.count();
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.put("batchSize", batch);
        config.put("columns", whole ? "all" : "few");
        config.put("consumers", deliveries.consumers());
        return config;
    }
}
