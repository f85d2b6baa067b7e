package io.penstock.bus.spring.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.EventType;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.spring.EventConsumer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

@SpringBootTest(
        classes = BusTesterIntegrationTests.Shop.class,
        properties = "penstock.consumers.billing.retry.initial-delay=1ms")
class BusTesterIntegrationTests {

    @Autowired
    private BusTester bus;

    @Autowired
    private Carrier carrier;

    @AfterEach
    void reset() {
        bus.reset();
        carrier.shipped.clear();
    }

    @Test
    void whatIsPublishedIsDeliveredWhenTheBusIsQuiet() {
        bus.publish(new OrderPlaced("1"));
        bus.publish(new OrderPlaced("2"));
        bus.awaitQuiet();
        assertThat(bus.delivered("shipping", OrderPlaced.class))
                .extracting(OrderPlaced::id)
                .containsExactlyInAnyOrder("1", "2");
    }

    @Test
    void aHandlerFailsBeforeItsCodeAsTheTestAsks() {
        bus.failBefore("shipping", 2);
        bus.publish(new OrderPlaced("3"));
        bus.awaitQuiet();
        assertThat(carrier.shipped).containsExactly("3");
        assertThat(bus.delivered("shipping")).hasSize(1);
    }

    @Test
    void aHandlerFailsAfterItsCodeAsTheTestAsks() {
        bus.failAfter("shipping", 1);
        bus.publish(new OrderPlaced("4"));
        bus.awaitQuiet();
        assertThat(carrier.shipped).containsExactly("4", "4");
        assertThat(bus.delivered("shipping")).hasSize(1);
    }

    @Test
    void aHandlerThatFailsTooOftenLeavesADeadLetter() {
        bus.failBefore("shipping", 3);
        bus.publish(new OrderPlaced("5"));
        bus.awaitQuiet();
        assertThat(bus.delivered("shipping")).isEmpty();
        assertThat(bus.deadLetters("shipping")).singleElement().satisfies(letter -> {
            assertThat(letter.attempts()).isEqualTo(3);
            assertThat(letter.error()).contains("The test lets 'shipping' fail");
        });
    }

    @Test
    void aDelayedEventIsWaitedForUntilItIsDelivered() {
        bus.publish(Event.builder(new OrderPlaced("6"))
                .deliverAt(Instant.now().plusMillis(300))
                .build());
        bus.awaitQuiet();
        assertThat(carrier.shipped).containsExactly("6");
    }

    @Test
    void whatIsNotQuietInTimeIsSaid() {
        carrier.goOn = Sinks.empty();
        bus.publish(new OrderPlaced("7"));
        assertThatThrownBy(() -> bus.awaitQuiet(Duration.ofMillis(50)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Not quiet within PT0.05S")
                .hasMessageContaining("shipping");
        carrier.goOn.tryEmitEmpty();
        bus.awaitQuiet();
        assertThat(bus.delivered("shipping")).hasSize(1);
    }

    @Test
    void aTransactionalHandlerThatFailsAfterItsCodeIsRolledBack() {
        bus.failAfter("billing", 1);
        bus.publish(new OrderPlaced("8"));
        bus.awaitQuiet();
        assertThat(bus.delivered("billing")).hasSize(1);
        assertThat(bus.delivered("archive")).hasSize(1);
    }

    @Test
    void publishingIsOutsideOfATransactionThatTheTestIsIn() {
        TransactionSynchronizationManager.setActualTransactionActive(true);
        try {
            bus.publish(new OrderPlaced("9"));
        } finally {
            TransactionSynchronizationManager.clear();
        }
        bus.awaitQuiet();
        assertThat(bus.delivered("shipping")).hasSize(1);
    }

    @EventType("order.placed")
    record OrderPlaced(String id) {}

    static final class Carrier {
        final List<String> shipped = new CopyOnWriteArrayList<>();
        volatile Sinks.Empty<Void> goOn = gone();

        private static Sinks.Empty<Void> gone() {
            Sinks.Empty<Void> gone = Sinks.empty();
            gone.tryEmitEmpty();
            return gone;
        }

        Mono<Void> ship(OrderPlaced order) {
            shipped.add(order.id());
            return goOn.asMono();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        private final ObjectProvider<EventBus> bus;

        Shop(ObjectProvider<EventBus> bus) {
            this.bus = bus;
        }

        @Bean
        Carrier carrier() {
            return new Carrier();
        }

        @Bean
        ConsumerSpec<OrderPlaced> shipping(Carrier carrier) {
            return ConsumerSpec.named("shipping")
                    .on(OrderPlaced.class)
                    .retry(RetryPolicy.attempts(3).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1)))
                    .handle(event -> carrier.ship(event.payload()));
        }

        @EventConsumer(value = "billing", transactional = true)
        Mono<Void> bill(OrderPlaced order) {
            return bus.getObject().publish(Event.of("order.billed", order));
        }

        @EventConsumer(value = "archive", types = "order.billed")
        void archive(OrderPlaced order) {}
    }
}
