package io.penstock.benchmarks;

import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.Publication;
import io.r2dbc.spi.Connection;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An order and its event in one transaction, so many transactions at once on as many connections; times each. */
final class BusPublishTx extends BusAttempt {

    private final Way way;
    private final int atOnce;
    private final Durations durations = new Durations();

    BusPublishTx(Bench bench, Way way, int atOnce) {
        super(bench, atOnce, BusOptions.DEFAULTS);
        this.way = way;
        this.atOnce = atOnce;
    }

    @Override
    public void run() {
        Blocking.await(Flux.range(0, bench.events())
                .flatMap(number -> durations.of(transaction(bench.payload(number))), atOnce));
    }

    private Mono<Void> transaction(Payload order) {
        return switch (way) {
            case IN_TRANSACTION ->
                bus.inTransaction(tx -> Orders.insert(tx.connection(), order).then(tx.publish(event(order))));
            case WITHOUT_EVENT -> bus.inTransaction(tx -> Orders.insert(tx.connection(), order));
            case OWN_TRANSACTION ->
                Mono.usingWhen(pool.create(), connection -> own(connection, order), Connection::close);
        };
    }

    private Mono<Void> own(Connection connection, Payload order) {
        return Mono.from(connection.beginTransaction())
                .then(Orders.insert(connection, order))
                .then(bus.publish(connection, event(order)))
                .delayUntil(publication -> connection.commitTransaction())
                .doOnNext(Publication::committed)
                .then();
    }

    @Override
    public void verify() throws Exception {
        Orders.require(bench.database(), bench.events());
        Stored.require(bench.database(), way == Way.WITHOUT_EVENT ? 0 : bench.events());
    }

    @Override
    public Histogram latencies() {
        return durations.nanos();
    }

    /** Who begins and commits. */
    enum Way {
        IN_TRANSACTION,
        OWN_TRANSACTION,
        WITHOUT_EVENT
    }
}
