package io.penstock.benchmarks;

import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.Publication;
import io.r2dbc.spi.Connection;
import java.util.HashMap;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An order and its event in one transaction, so many transactions at once on as many connections. */
final class BusPublishTx extends BusAttempt {

    static final int CONNECTIONS = 8;

    private final Way way;

    BusPublishTx(Bench bench, Way way) {
        super(bench, CONNECTIONS, BusOptions.DEFAULTS);
        this.way = way;
    }

    @Override
    public void run() {
        Blocking.await(
                Flux.range(0, bench.events()).flatMap(number -> transaction(bench.payload(number)), CONNECTIONS));
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
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.put("connections", CONNECTIONS);
        return config;
    }

    /** Who begins and commits. */
    enum Way {
        IN_TRANSACTION,
        OWN_TRANSACTION,
        WITHOUT_EVENT
    }
}
