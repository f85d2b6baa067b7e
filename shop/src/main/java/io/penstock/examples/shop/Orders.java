package io.penstock.examples.shop;

import io.penstock.bus.EventBus;
import java.math.BigDecimal;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What was ordered, and how far it has come. */
@Component
class Orders {

    private static final String INSERT = """
            INSERT INTO shop.orders (customer, sku, quantity, total)
            SELECT :customer, sku, :quantity, :quantity * price FROM shop.product WHERE sku = :sku
            RETURNING id, total
            """;
    private static final String ONE = "SELECT * FROM shop.order_state WHERE id = :id";
    private static final String RECENT = "SELECT * FROM shop.order_state ORDER BY placed_at DESC LIMIT :limit";

    private final DatabaseClient client;
    private final EventBus bus;

    Orders(DatabaseClient client, EventBus bus) {
        this.client = client;
        this.bus = bus;
    }

    /** The order and its event are stored together, or neither is. Empty for an unknown product. */
    @Transactional
    Mono<UUID> place(OrderRequest request) {
        return insert(request).flatMap(order -> publish(order, request).thenReturn(order.id()));
    }

    Mono<OrderState> find(UUID id) {
        return client.sql(ONE).bind("id", id).mapProperties(OrderState.class).one();
    }

    /** The latest first. */
    Flux<OrderState> recent(int limit) {
        return client.sql(RECENT)
                .bind("limit", limit)
                .mapProperties(OrderState.class)
                .all();
    }

    private Mono<Placed> insert(OrderRequest request) {
        return client.sql(INSERT)
                .bind("customer", request.customer())
                .bind("sku", request.product())
                .bind("quantity", request.quantity())
                .mapProperties(Placed.class)
                .one();
    }

    private Mono<Void> publish(Placed order, OrderRequest request) {
        OrderPlaced placed =
                new OrderPlaced(order.id(), request.customer(), request.product(), request.quantity(), order.total());
        return bus.publish(ShopEvents.of(placed, order.id(), request.customer()));
    }

    record Placed(UUID id, BigDecimal total) {}
}
