package io.penstock.examples.shop;

import io.penstock.bus.EventBus;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Mono;

/** What the carrier has taken. */
@Component
class Shipments {

    private static final String INSERT =
            "INSERT INTO shop.shipment (order_id, tracking) VALUES (:order, :tracking) ON CONFLICT DO NOTHING";

    private final DatabaseClient client;
    private final EventBus bus;

    Shipments(DatabaseClient client, EventBus bus) {
        this.client = client;
        this.bus = bus;
    }

    /** Notes a shipment and tells of it, together; the second time nothing happens. */
    @Transactional
    Mono<Void> note(StockReserved order, String tracking) {
        return client.sql(INSERT)
                .bind("order", order.orderId())
                .bind("tracking", tracking)
                .fetch()
                .rowsUpdated()
                .filter(rows -> rows > 0)
                .flatMap(inserted -> bus.publish(
                        ShopEvents.of(new OrderShipped(order.orderId(), tracking), order.orderId(), order.customer())));
    }
}
