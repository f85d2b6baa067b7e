package io.penstock.benchmarks;

import io.r2dbc.spi.Connection;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * Writes events with one statement per batch, as many to a batch as the bus takes, on one connection, while the next
 * batches are being written as JSON. The bus does more: limits, repeated ids, hints, a result for each event.
 */
final class TwinPublishBulk extends TwinAttempt {

    static final int BATCH = 512;

    private final boolean whole;

    /** @param whole whether all there is to an event is written, as the bus does, or what this workload needs */
    TwinPublishBulk(Bench bench, boolean whole) {
        super(bench, 1);
        this.whole = whole;
    }

    @Override
    public void run() {
        Blocking.await(publish(connection(0), bench, whole));
    }

    /** Emits after each commit. */
    static Flux<Long> publish(Connection connection, Bench bench, boolean whole) {
        return Flux.range(0, bench.events())
                .map(number -> TwinSql.Row.of(bench.payload(number)))
                .buffer(BATCH)
                .subscribeOn(Schedulers.parallel())
                .publishOn(Schedulers.parallel(), 2)
                .concatMap(rows -> whole ? TwinSql.appendAll(connection, rows) : TwinSql.append(connection, rows), 1);
    }

    @Override
    public void verify() throws Exception {
        Stored.require(bench.database(), bench.events());
    }

    @Override
    public Map<String, Object> config() {
        return Map.of("connections", 1, "batchSize", BATCH, "columns", whole ? "all" : "few");
    }
}
