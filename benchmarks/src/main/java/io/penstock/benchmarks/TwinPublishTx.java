package io.penstock.benchmarks;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import java.util.Map;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Begin, insert the order, insert the event (or not), commit, by hand on the application's pool. */
final class TwinPublishTx implements Attempt {

    private final Bench bench;
    private final ConnectionPool pool;
    private final boolean withEvent;
    private final int atOnce;
    private final Durations durations = new Durations();

    TwinPublishTx(Bench bench, boolean withEvent, int atOnce) {
        this.bench = bench;
        this.pool = R2dbc.pool(bench.database(), atOnce);
        this.withEvent = withEvent;
        this.atOnce = atOnce;
    }

    @Override
    public void prepare() {
        R2dbc.fill(pool);
    }

    @Override
    public void run() {
        Blocking.await(Flux.range(0, bench.events())
                .flatMap(number -> durations.of(transaction(bench.payload(number))), atOnce));
    }

    private Mono<Void> transaction(Payload order) {
        return Mono.usingWhen(
                pool.create(),
                connection -> Mono.from(connection.beginTransaction())
                        .then(Orders.insert(connection, order))
                        .then(append(connection, order))
                        .then(Mono.from(connection.commitTransaction())),
                Connection::close);
    }

    private Mono<Void> append(Connection connection, Payload order) {
        return withEvent
                ? Mono.defer(() -> TwinSql.append(connection, TwinSql.Row.of(order)))
                        .then()
                : Mono.empty();
    }

    @Override
    public void verify() throws Exception {
        Orders.require(bench.database(), bench.events());
        Stored.require(bench.database(), withEvent ? bench.events() : 0);
    }

    @Override
    public Histogram latencies() {
        return durations.nanos();
    }

    @Override
    public Map<String, Object> config() {
        return Map.of("connections", atOnce);
    }

    @Override
    public void close() {
        Blocking.await(pool.disposeLater());
    }
}
