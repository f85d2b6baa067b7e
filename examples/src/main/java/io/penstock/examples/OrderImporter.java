package io.penstock.examples;

import io.penstock.bus.Event;
import io.penstock.bus.r2dbc.BusTransaction;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import reactor.core.publisher.Flux;
import reactor.core.publisher.GroupedFlux;
import reactor.core.publisher.Mono;

/** Inserts each order and publishes {@code order.placed} in the same transaction. */
final class OrderImporter {

    private static final String INSERT = """
            INSERT INTO orders_app.orders (order_id, customer, total, placed_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
            """;

    // As many transactions at once. All orders of a customer take the same lane, one after the other.
    private static final int LANES = 8;

    private final R2dbcEventBus bus;
    private final Tally tally;

    OrderImporter(R2dbcEventBus bus, Tally tally) {
        this.bus = bus;
        this.tally = tally;
    }

    Mono<Void> importAll(Flux<OrderLine> lines) {
        return lines.doOnNext(tally::read)
                .ofType(OrderLine.Valid.class)
                .map(OrderLine.Valid::order)
                .groupBy(order -> Math.floorMod(order.customer().hashCode(), LANES))
                .flatMap(this::inOrder, LANES)
                .then();
    }

    private Flux<Boolean> inOrder(GroupedFlux<Integer, Order> lane) {
        return lane.concatMap(order -> bus.inTransaction(tx -> place(tx, order)).doOnNext(tally::imported));
    }

    /** Emits whether the order is new. */
    private static Mono<Boolean> place(BusTransaction tx, Order order) {
        return insert(tx, order)
                .flatMap(isNew -> isNew ? tx.publish(placed(order)).thenReturn(true) : Mono.just(false));
    }

    private static Mono<Boolean> insert(BusTransaction tx, Order order) {
        return OrdersDatabase.update(
                        tx.connection(),
                        INSERT,
                        statement -> statement
                                .bind("$1", order.orderId())
                                .bind("$2", order.customer())
                                .bind("$3", order.total())
                                .bind("$4", order.placedAt()))
                .map(inserted -> inserted == 1);
    }

    private static Event<Order> placed(Order order) {
        return Event.builder(Order.PLACED, order)
                .aggregate("order", order.orderId())
                .key(order.customer())
                .occurredAt(order.placedAt())
                .build();
    }
}
