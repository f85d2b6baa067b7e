package io.penstock.bus.spring.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.EventType;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

@SpringBootTest(classes = BusTesterIntegrationTests.Shop.class)
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

    @EventType("order.placed")
    record OrderPlaced(String id) {}

    static final class Carrier {
        final List<String> shipped = new CopyOnWriteArrayList<>();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        Carrier carrier() {
            return new Carrier();
        }

        @Bean
        ConsumerSpec<OrderPlaced> shipping(Carrier carrier) {
            return ConsumerSpec.named("shipping")
                    .on(OrderPlaced.class)
                    .retry(RetryPolicy.attempts(3).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1)))
                    .handle(event -> Mono.fromRunnable(
                            () -> carrier.shipped.add(event.payload().id())));
        }
    }
}
