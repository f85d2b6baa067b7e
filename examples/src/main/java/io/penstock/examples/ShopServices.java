package io.penstock.examples;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.kafka.IngressOptions;
import io.penstock.bus.kafka.KafkaBridgeListener;
import io.penstock.bus.kafka.KafkaIngress;
import io.penstock.bus.kafka.KafkaRelay;
import io.penstock.bus.kafka.RelayOptions;
import io.penstock.bus.kafka.Routing;
import io.penstock.bus.r2dbc.BusOptions;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** How each of the two services is set up. */
final class ShopServices {

    static final String RELAY = "kafka";
    static final String SHIPPING = "shipping";

    private static final String INSERT = "INSERT INTO shop_shipping.shipment (order_id, customer) VALUES ($1, $2)";

    private ShopServices() {}

    /** Service A. The lease is short, so that a relay that was killed is soon replaced. */
    static BusOptions orders(BusListener listener) {
        return BusOptions.builder()
                .schema("penstock_orders")
                .source("orders")
                .lease(Duration.ofSeconds(2))
                .listener(listener)
                .build();
    }

    /** Service B. */
    static BusOptions shipping(BusListener listener) {
        return BusOptions.builder()
                .schema("penstock_shipping")
                .source("shipping")
                .listener(listener)
                .build();
    }

    static KafkaRelay relay(EventBus bus, String bootstrap, String topic, KafkaBridgeListener listener) {
        // tag::relay[]
        KafkaRelay relay = KafkaRelay.create(
                bus,
                RelayOptions.builder("kafka", "order.*")
                        .bootstrapServers(bootstrap)
                        .routing(Routing.toTopic(topic))
                        .listener(listener)
                        .build());
        // end::relay[]
        return relay;
    }

    static KafkaIngress ingress(EventBus bus, String bootstrap, String topic, KafkaBridgeListener listener) {
        // tag::ingress[]
        KafkaIngress ingress = KafkaIngress.create(
                bus,
                IngressOptions.builder("shipping", topic)
                        .bootstrapServers(bootstrap)
                        .types("order.*")
                        .listener(listener)
                        .build());
        // end::ingress[]
        return ingress;
    }

    /** Writes a shipment for each order, in the transaction that takes the event from the inbox: exactly one. */
    static ConsumerSpec<Order> shipments() {
        return ConsumerSpec.named(SHIPPING)
                .on(Order.PLACED, Order.class)
                .ordered()
                .concurrency(8)
                .transactional(Connection.class, ShopServices::ship);
    }

    private static Mono<Void> ship(Event<Order> event, Connection connection) {
        Order order = event.payload();
        return OrdersDatabase.update(
                        connection,
                        INSERT,
                        statement -> statement.bind("$1", order.orderId()).bind("$2", order.customer()))
                .then();
    }
}
