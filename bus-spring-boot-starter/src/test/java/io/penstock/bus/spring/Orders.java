package io.penstock.bus.spring;

import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/** A service that places an order and tells of it, in one transaction. */
class Orders {

    private final DatabaseClient client;
    private final EventBus bus;
    private final TransactionalOperator operator;

    Orders(DatabaseClient client, EventBus bus, TransactionalOperator operator) {
        this.client = client;
        this.bus = bus;
        this.operator = operator;
    }

    static String table(Class<?> test) {
        return "CREATE TABLE IF NOT EXISTS %1$s_orders (id text PRIMARY KEY)".formatted(App.schema(test));
    }

    @Transactional
    public Mono<Void> place(String table, String id, Mono<Void> then) {
        return write(table, id).then(then);
    }

    Mono<Void> placeByOperator(String table, String id, Mono<Void> then) {
        return write(table, id).then(then).as(operator::transactional);
    }

    private Mono<Void> write(String table, String id) {
        return client.sql("INSERT INTO " + table + " VALUES (:id)")
                .bind("id", id)
                .then()
                .then(bus.publish(Event.of(new OrderPlaced(id, 1))));
    }
}
