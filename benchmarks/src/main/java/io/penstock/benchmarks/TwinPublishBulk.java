package io.penstock.benchmarks;

import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/**
 * Writes events with one statement per batch, as many to a batch as the bus takes, while the next batches are being
 * written as JSON. As the bus does, it inserts a batch while the one before is being committed. The bus does more: limits,
 * repeated ids, hints, a result for each event.
 */
final class TwinPublishBulk extends TwinAttempt {

    static final int BATCH = 512;
    private static final int CONNECTIONS = 2;

    private final boolean whole;

    /** @param whole whether all there is to an event is written, as the bus does, or what this workload needs */
    TwinPublishBulk(Bench bench, boolean whole) {
        super(bench, CONNECTIONS);
        this.whole = whole;
    }

    @Override
    public void run() {
        Blocking.await(publish(List.of(connection(0), connection(1)), bench, whole));
    }

    /** Commits the batches in their order; emits after each commit. */
    static Flux<Connection> publish(List<Connection> connections, Bench bench, boolean whole) {
        Sinks.Many<Connection> idle = Sinks.many().unicast().onBackpressureBuffer();
        connections.forEach(idle::tryEmitNext);
        return Flux.range(0, bench.events())
                .map(number -> TwinSql.Row.of(bench.payload(number)))
                .buffer(BATCH)
                .subscribeOn(Schedulers.parallel())
                .publishOn(Schedulers.parallel(), 2)
                .zipWith(idle.asFlux(), 1, (rows, connection) -> insert(connection, rows, whole))
                .concatMap(inserted -> inserted, 1)
                .concatMap(
                        connection -> Mono.from(connection.commitTransaction()).thenReturn(connection), 1)
                .doOnNext(idle::tryEmitNext);
    }

    private static Mono<Connection> insert(Connection connection, List<TwinSql.Row> rows, boolean whole) {
        return Mono.from(connection.beginTransaction())
                .then(Mono.defer(() -> whole ? TwinSql.appendAll(connection, rows) : TwinSql.append(connection, rows)))
                .thenReturn(connection);
    }

    @Override
    public void verify() throws Exception {
        Stored.require(bench.database(), bench.events());
    }

    @Override
    public Map<String, Object> config() {
        return Map.of("connections", CONNECTIONS, "batchSize", BATCH, "columns", whole ? "all" : "few");
    }
}
