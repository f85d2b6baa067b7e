package io.penstock.examples;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import reactor.core.publisher.Mono;

/** Writes an invoice for each order, in the transaction that takes the event from the inbox: exactly one. */
final class Invoicing {

    static final String NAME = "invoicing";

    private static final String INSERT = "INSERT INTO orders_app.invoice (order_id, amount) VALUES ($1, $2)";

    private Invoicing() {}

    static ConsumerSpec<Order> consumer() {
        return ConsumerSpec.named(NAME)
                .on(Order.PLACED, Order.class)
                .concurrency(8)
                .transactional(Connection.class, Invoicing::invoice);
    }

    private static Mono<Void> invoice(Event<Order> event, Connection connection) {
        Order order = event.payload();
        return OrdersDatabase.update(
                        connection,
                        INSERT,
                        statement -> statement.bind("$1", order.orderId()).bind("$2", order.total()))
                .then();
    }
}
