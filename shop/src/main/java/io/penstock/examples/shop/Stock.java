package io.penstock.examples.shop;

import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.spring.EventConsumer;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Takes what was ordered off the shelf, once for each order. A shelf that is empty is an outcome, not a failure: trying
 * again would not fill it.
 */
@Component
class Stock {

    private static final String TAKE =
            "UPDATE shop.product SET stock = stock - :quantity WHERE sku = :sku AND stock >= :quantity";
    private static final String NOTE = "INSERT INTO shop.reservation (order_id, granted) VALUES (:order, :granted)";

    private final DatabaseClient client;
    private final EventBus bus;

    Stock(DatabaseClient client, EventBus bus) {
        this.client = client;
        this.bus = bus;
    }

    @EventConsumer(value = "stock", transactional = true, ordered = true)
    Mono<Void> reserve(OrderPlaced order) {
        return take(order)
                .flatMap(granted -> note(order, granted).then(bus.publish(granted ? reserved(order) : missing(order))));
    }

    private Mono<Boolean> take(OrderPlaced order) {
        return client.sql(TAKE)
                .bind("sku", order.sku())
                .bind("quantity", order.quantity())
                .fetch()
                .rowsUpdated()
                .map(rows -> rows > 0);
    }

    private Mono<Void> note(OrderPlaced order, boolean granted) {
        return client.sql(NOTE)
                .bind("order", order.orderId())
                .bind("granted", granted)
                .then();
    }

    private static Event<?> reserved(OrderPlaced order) {
        StockReserved reserved = new StockReserved(order.orderId(), order.customer(), order.total());
        return ShopEvents.of(reserved, order.orderId(), order.customer());
    }

    private static Event<?> missing(OrderPlaced order) {
        StockMissing missing = new StockMissing(order.orderId(), order.customer(), order.sku(), order.quantity());
        return ShopEvents.of(missing, order.orderId(), order.customer());
    }
}
