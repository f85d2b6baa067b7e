package io.penstock.examples.shop;

import io.penstock.bus.Event;
import java.util.UUID;

/** What all events of the shop have in common: they are about an order, and a customer's keep their order. */
final class ShopEvents {

    private ShopEvents() {}

    static <T> Event<T> of(T payload, UUID order, String customer) {
        return Event.builder(payload)
                .aggregate("order", order.toString())
                .key(customer)
                .build();
    }
}
