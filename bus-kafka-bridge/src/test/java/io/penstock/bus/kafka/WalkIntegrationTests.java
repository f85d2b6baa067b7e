package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** One event from one bus over a topic to another. */
class WalkIntegrationTests {

    record Order(String id, int total) {}

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void anEventOfBusAReachesAConsumerOfBusB() {
        R2dbcEventBus a = fixture.bus("a");
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(3);
        List<Event<Order>> seen = new CopyOnWriteArrayList<>();
        fixture.subscribe(
                b,
                ConsumerSpec.named("shipping")
                        .on("order.placed", Order.class)
                        .handle(event -> Mono.fromRunnable(() -> seen.add(event))));
        fixture.relay(a, fixture.relayOptions(topic).build());
        fixture.ingress(b, fixture.ingressOptions(topic).build());
        Event<Order> placed = Event.builder("order.placed", new Order("o-1", 42))
                .aggregate("order", "o-1")
                .key("customer-1")
                .version(3)
                .correlationId("c-1")
                .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .build();

        a.publish(placed).block(PATIENCE);

        awaitThat(() -> seen.size() == 1 && fixture.count("a", "inbox") == 0);
        Event<Order> arrived = seen.get(0);
        assertThat(arrived.payload()).isEqualTo(new Order("o-1", 42));
        assertThat(arrived)
                .extracting(Event::id, Event::type, Event::version, Event::key, Event::source, Event::occurredAt)
                .containsExactly(placed.id(), "order.placed", 3, "customer-1", "service-a", placed.occurredAt());
        assertThat(arrived).extracting(Event::aggregateType, Event::aggregateId).containsExactly("order", "o-1");
        assertThat(arrived.headers())
                .containsEntry("correlation-id", "c-1")
                .containsEntry("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .containsEntry("kafka-topic", topic)
                .doesNotContainKeys("content-type", "ce_id");
        assertThat(fixture.listener.failures).isEmpty();
    }
}
