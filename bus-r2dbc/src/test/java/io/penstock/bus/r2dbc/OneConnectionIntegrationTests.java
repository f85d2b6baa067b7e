package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The application's pool may be as small as it likes: the bus holds no connection while it waits for another. */
class OneConnectionIntegrationTests {

    private static final int ORDERS = 100;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void transactionsAndHandlersThatPublishAllShareOneConnectionWithoutDeadlock() {
        ConnectionPool one = TestServer.pool(1);
        R2dbcEventBus bus = fixture.bus(one, fixture.options().build());
        fixture.execute("CREATE TABLE " + fixture.schema() + ".data (what text)");
        fixture.subscribe(
                bus,
                ConsumerSpec.named("invoicing")
                        .on("order.placed")
                        .concurrency(8)
                        .transactional(
                                Connection.class,
                                (event, connection) -> insert(connection, "invoice")
                                        .then(bus.publish(connection, event("invoice.sent")))
                                        .then(bus.publish(event("invoice.copied")))));
        fixture.subscribe(
                bus,
                ConsumerSpec.named("shipping")
                        .on("order.placed")
                        .concurrency(8)
                        .handle(event -> bus.inTransaction(
                                tx -> insert(tx.connection(), "shipment").then(tx.publish(event("order.shipped"))))));
        fixture.subscribe(
                bus,
                ConsumerSpec.named("audit")
                        .on("*")
                        .batchSize(20)
                        .concurrency(8)
                        .transactionalBatch(
                                Connection.class,
                                (events, connection) -> Flux.fromIterable(events)
                                        .concatMap(event -> insert(connection, "audit"))
                                        .then()));

        Flux.range(0, ORDERS)
                .flatMap(
                        i -> i % 2 == 0
                                ? bus.publish(event("order.placed"))
                                : bus.inTransaction(
                                        tx -> insert(tx.connection(), "order").then(tx.publish(event("order.placed")))),
                        64)
                .blockLast(PATIENCE);

        awaitThat(() -> fixture.count("data WHERE what = 'audit'") == 4 * ORDERS && fixture.count("inbox") == 0);
        assertThat(fixture.count("data WHERE what = 'invoice'")).isEqualTo(ORDERS);
        assertThat(fixture.count("data WHERE what = 'shipment'")).isEqualTo(ORDERS);
        assertThat(fixture.count("data WHERE what = 'order'")).isEqualTo(ORDERS / 2);
        assertThat(fixture.listener.failures).isEmpty();
        assertThat(fixture.listener.retries).isEmpty();
        assertThat(fixture.listener.released).isEmpty();
        assertThat(one.getMetrics().get().acquiredSize()).isZero();
        bus.close().then(one.disposeLater()).block(PATIENCE);
    }

    private Mono<Void> insert(Connection connection, String what) {
        return Database.changed(
                        connection,
                        "INSERT INTO " + fixture.schema() + ".data VALUES ($1)",
                        statement -> statement.bind(0, what))
                .then();
    }

    private static Event<RawJson> event(String type) {
        return Event.of(type, new RawJson("{}"));
    }
}
