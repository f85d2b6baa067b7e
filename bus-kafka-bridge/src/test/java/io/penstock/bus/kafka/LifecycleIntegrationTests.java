package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.lang.management.ManagementFactory;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

class LifecycleIntegrationTests {

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void anIngressThatIsClosedWhileItStartsLeavesNoConsumer() {
        R2dbcEventBus b = fixture.bus("b");
        IngressOptions options = fixture.ingressOptions(fixture.topic(1)).build();
        KafkaIngress ingress = KafkaIngress.create(b, options);

        Mono.when(ingress.start().onErrorComplete(), ingress.close()).block(PATIENCE);

        assertThat(b.stats().block(PATIENCE).consumers())
                .filteredOn(stats -> stats.consumer().startsWith(options.name()))
                .noneMatch(stats -> stats.running());
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void whatIsClosedCannotBeStarted() {
        R2dbcEventBus b = fixture.bus("b");
        KafkaRelay relay = KafkaRelay.create(b, fixture.relayOptions("t").build());
        KafkaIngress ingress =
                KafkaIngress.create(b, fixture.ingressOptions("t").build());
        Mono.when(relay.close(), ingress.close()).block(PATIENCE);

        assertThatThrownBy(() -> relay.start().block(PATIENCE)).hasMessageContaining("relay is closed");
        assertThatThrownBy(() -> ingress.start().block(PATIENCE)).hasMessageContaining("is closed");
        assertThat(b.stats().block(PATIENCE).consumers()).isEmpty();
    }

    @Test
    void aConsumerThatIsRefusedAtEachTryIsClosedEachTime() {
        R2dbcEventBus b = fixture.bus("b");
        // Kafka finds this only when the consumer is there and subscribes.
        fixture.ingress(
                b,
                fixture.ingressOptions(fixture.topic(1))
                        .consumer("group.id", " ")
                        .build());

        awaitThat(() -> fixture.listener.failures.size() >= 4);

        assertThat(clients("consumer- -*")).isLessThanOrEqualTo(1);
    }

    private static int clients(String id) {
        try {
            return ManagementFactory.getPlatformMBeanServer()
                    .queryNames(new ObjectName("kafka.consumer:type=app-info,id=" + id), null)
                    .size();
        } catch (MalformedObjectNameException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
