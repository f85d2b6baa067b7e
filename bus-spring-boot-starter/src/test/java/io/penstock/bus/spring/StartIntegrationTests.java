package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.EventBus;
import io.penstock.bus.SchemaException;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.ConnectionFactory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

class StartIntegrationTests {

    @Test
    void theDependencyAloneGivesABusWithItsSchemaAndRunningConsumers() {
        try (App app = App.run(getClass(), Shop.class)) {
            app.publish(new OrderPlaced("1", 10));
            List<String> seen = app.bean(Seen.class).orders();
            App.awaitThat(() -> seen.contains("1"));
            assertThat(app.bus()).isInstanceOf(SpringEventBus.class);
        }
    }

    @Test
    void theApplicationsNameIsTheSourceOfItsEvents() {
        try (App app = App.run(getClass(), Shop.class, "spring.application.name=shop")) {
            app.publish(new OrderPlaced("2", 10));
            assertThat(app.count(App.schema(getClass()) + ".outbox_event WHERE source = 'shop'"))
                    .isPositive();
        }
    }

    @Test
    void aConsumerIsSwitchedOffByItsProperty() {
        try (App app = App.run(getClass(), Shop.class, "penstock.consumers.shipping.enabled=false")) {
            assertThat(app.stats("shipping").running()).isFalse();
        }
    }

    @Test
    void aNodeMayPublishOnly() {
        try (App app = App.run(getClass(), Shop.class, "penstock.start-consumers=false")) {
            app.publish(new OrderPlaced("3", 10));
            assertThat(app.context.getBeanNamesForType(ConsumersLifecycle.class))
                    .isEmpty();
        }
    }

    @Test
    void noBusIsThereWhenItIsSwitchedOff() {
        try (App app = App.run(getClass(), Bare.class, "penstock.enabled=false")) {
            assertThat(app.context.getBeanNamesForType(EventBus.class)).isEmpty();
        }
    }

    @Test
    void aBusOfTheApplicationsOwnReplacesAllOfIt() {
        try (App app = App.run(getClass(), OwnBus.class)) {
            assertThat(app.context.getBeanNamesForType(EventBus.class)).containsExactly("own");
        }
    }

    @Test
    void aSchemaThatIsToBeThereAlreadyIsNotMade() {
        assertThatThrownBy(() ->
                        App.run(getClass(), Bare.class, "penstock.schema=nowhere", "penstock.schema-mode=validate"))
                .hasRootCauseInstanceOf(SchemaException.class)
                .satisfies(failure -> assertThat(
                                new SchemaFailureAnalyzer().analyze(failure).getAction())
                        .startsWith("Set penstock.schema-mode to migrate"));
    }

    @Test
    void closingTheApplicationStopsItsConsumersAndItsBus() {
        R2dbcEventBus bus;
        try (App app = App.run(getClass(), Shop.class)) {
            bus = app.bean(R2dbcEventBus.class);
        }
        assertThatThrownBy(() -> bus.subscribe(shipping(new Seen())).block(App.PATIENCE))
                .hasMessageContaining("the bus is closed");
    }

    static ConsumerSpec<OrderPlaced> shipping(Seen seen) {
        return ConsumerSpec.named("shipping").on(OrderPlaced.class).handle(event -> {
            seen.orders().add(event.payload().orderId());
            return Mono.empty();
        });
    }

    record Seen(List<String> orders) {
        Seen() {
            this(new CopyOnWriteArrayList<>());
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Bare {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        Seen seen() {
            return new Seen();
        }

        @Bean
        ConsumerSpec<OrderPlaced> shipping(Seen seen) {
            return StartIntegrationTests.shipping(seen);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class OwnBus {

        @Bean
        EventBus own(ConnectionFactory connections) {
            return new SpringEventBus(R2dbcEventBus.create(connections), Set.of(connections), Tracing.NONE);
        }
    }
}
