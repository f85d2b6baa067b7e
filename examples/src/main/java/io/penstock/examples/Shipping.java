package io.penstock.examples;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.OnDead;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Hands each order to the carrier, those of one customer in the order they were placed. When one cannot be shipped, the
 * later ones of that customer wait.
 */
final class Shipping {

    static final String NAME = "shipping";
    static final int ATTEMPTS = 6;

    private static final String INSERT = """
            INSERT INTO orders_app.shipment (order_id, tracking) VALUES ($1, $2) ON CONFLICT (order_id) DO NOTHING
            """;

    private final Carrier carrier;
    private final OrdersDatabase database;

    Shipping(Carrier carrier, OrdersDatabase database) {
        this.carrier = carrier;
        this.database = database;
    }

    ConsumerSpec<Order> consumer() {
        return ConsumerSpec.named(NAME)
                .on(Order.PLACED, Order.class)
                .ordered()
                .retry(RetryPolicy.attempts(ATTEMPTS).withBackoff(Duration.ofMillis(20), Duration.ofMillis(200)))
                .onDead(OnDead.PARK_KEY)
                .handle(this::ship);
    }

    private Mono<Void> ship(Event<Order> event) {
        return Delivery.current()
                .flatMap(delivery -> carrier.ship(event.payload(), delivery.attempt()))
                .flatMap(tracking -> record(event.payload(), tracking));
    }

    private Mono<Void> record(Order order, String tracking) {
        return database.update(
                        INSERT,
                        statement -> statement.bind("$1", order.orderId()).bind("$2", tracking))
                .then();
    }
}
