package io.penstock.examples.shop;

import io.penstock.bus.spring.EventConsumer;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/**
 * Hands orders to the carrier, those of a customer one after the other. The carrier may be asked twice for the same
 * order, as no transaction reaches it; what it answers is noted once.
 */
@Component
class Shipping {

    private final Carrier carrier;
    private final Shipments shipments;

    Shipping(Carrier carrier, Shipments shipments) {
        this.carrier = carrier;
        this.shipments = shipments;
    }

    @EventConsumer(value = "shipping", ordered = true)
    Mono<Void> ship(StockReserved order) {
        return carrier.collect(order.orderId()).flatMap(tracking -> shipments.note(order, tracking));
    }
}
