package io.penstock.examples;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventType;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.RunningConsumer;
import io.penstock.bus.r2dbc.Publication;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** What the README quotes. A test executes these regions, and another compares them with the README. */
final class ReadmeSnippets {

    // tag::event[]
    @EventType("order.placed")
    record OrderPlaced(String orderId, String customer, BigDecimal total) {}
    // end::event[]

    private static final String ORDER = "INSERT INTO readme.orders (order_id, customer, total) VALUES ($1, $2, $3)";
    private static final String INVOICE = "INSERT INTO readme.invoice (order_id, customer, total) VALUES ($1, $2, $3)";

    private final R2dbcEventBus bus;
    private final ConnectionFactory connections;

    ReadmeSnippets(R2dbcEventBus bus, ConnectionFactory connections) {
        this.bus = bus;
        this.connections = connections;
    }

    static Mono<R2dbcEventBus> start(ConnectionFactory connections) {
        // tag::start[]
        R2dbcEventBus bus = R2dbcEventBus.create(connections);
        Mono<Void> started = bus.start(); // the first start creates the schema "penstock"
        // end::start[]
        return started.thenReturn(bus);
    }

    Mono<Void> bothSides(OrderPlaced order) {
        // tag::transaction[]
        // The event is stored if and only if the order is.
        Mono<Void> place = bus.inTransaction(tx -> insertOrder(tx.connection(), order)
                .then(tx.publish(Event.builder(order).key(order.customer()).build())));

        // The invoice is written once, whatever happens: its transaction also takes the event from the inbox.
        Mono<RunningConsumer> invoicing = bus.subscribe(ConsumerSpec.named("invoicing")
                .on(OrderPlaced.class)
                .transactional(Connection.class, (event, tx) -> insertInvoice(tx, event.payload())));
        // end::transaction[]
        return invoicing.then(place);
    }

    Mono<Void> ownTransaction(OrderPlaced order) {
        // tag::own-transaction[]
        Event<OrderPlaced> placed = Event.builder(order).key(order.customer()).build();
        Mono<Void> place = Mono.usingWhen(
                connections.create(),
                connection -> Mono.from(connection.beginTransaction())
                        .then(insertOrder(connection, order))
                        .then(bus.publish(connection, placed))
                        .delayUntil(publication -> connection.commitTransaction())
                        .doOnNext(Publication::committed) // wakes the consumers; without it the poll does
                        .then(),
                Connection::close);
        // end::own-transaction[]
        return place;
    }

    Mono<RunningConsumer> ordered(Function<OrderPlaced, Mono<Void>> carrier) {
        // tag::ordered[]
        Mono<RunningConsumer> shipping = bus.subscribe(ConsumerSpec.named("shipping")
                .on(OrderPlaced.class)
                .ordered() // one order of a customer at a time, in the order they were placed
                .retry(RetryPolicy.attempts(5).withBackoff(Duration.ofMillis(100), Duration.ofSeconds(30)))
                .handle(event -> carrier.apply(event.payload())));
        // end::ordered[]
        return shipping;
    }

    private static Mono<Long> insertOrder(Connection connection, OrderPlaced order) {
        return insert(connection, ORDER, order);
    }

    private static Mono<Void> insertInvoice(Connection connection, OrderPlaced order) {
        return insert(connection, INVOICE, order).then();
    }

    private static Mono<Long> insert(Connection connection, String sql, OrderPlaced order) {
        return OrdersDatabase.update(
                connection,
                sql,
                statement -> statement
                        .bind("$1", order.orderId())
                        .bind("$2", order.customer())
                        .bind("$3", order.total()));
    }
}
