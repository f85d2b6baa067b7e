package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.SchemaException;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
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

    @Test
    void whatARunnerPublishesBeforeTheApplicationIsReadyIsOwedToItsConsumers() {
        try (App app = App.run(FirstStart.class, FirstStart.class)) {
            List<String> seen = app.bean(Seen.class).orders();
            App.awaitThat(() -> seen.contains("first"));
        }
    }

    @Test
    void declaredConsumersRunOnABusOfTheApplicationsOwnToo() {
        try (App app = App.run(getClass(), OwnBusWithConsumers.class)) {
            app.publish(new OrderPlaced("own", 10));
            List<String> seen = app.bean(Seen.class).orders();
            App.awaitThat(() -> seen.contains("own"));
        }
    }

    @Test
    void listenersAreToldByABusWithOptionsOfTheApplicationsOwn() {
        try (App app = App.run(getClass(), OwnOptions.class)) {
            app.publish(new OrderPlaced("told", 10));
            assertThat(app.bean(OwnOptions.class).published).hasPositiveValue();
            assertThat(app.bean(OwnOptions.class).publishedByOptions).hasPositiveValue();
        }
    }

    @Test
    void lazyBeansChangeNothing() {
        try (App app = App.run(getClass(), Shop.class, "spring.main.lazy-initialization=true")) {
            app.publish(new OrderPlaced("lazy", 10));
            List<String> seen = app.bean(Seen.class).orders();
            App.awaitThat(() -> seen.contains("lazy"));
        }
    }

    @Test
    void settingsHoldForConsumersThatCodeSubscribesToo() {
        try (App app = App.run(getClass(), Bare.class, "penstock.consumers.by-hand.retry.max-attempts=1")) {
            app.bus()
                    .subscribe(ConsumerSpec.named("by-hand")
                            .on(OrderPlaced.class)
                            .handle(event -> Mono.error(new IllegalStateException("no truck"))))
                    .block(App.PATIENCE);
            app.publish(new OrderPlaced("by hand", 10));
            App.awaitThat(() -> app.stats("by-hand").dead() == 1);
        }
    }

    @Test
    void aContextThatWasStoppedSaysThatItsBusDoesNotOpenAgain() {
        try (App app = App.run(getClass(), Shop.class)) {
            app.context.stop();
            assertThatThrownBy(app.context::start).rootCause().hasMessageContaining("does not open again");
        }
    }

    @Test
    void aDatabaseThatDoesNotAnswerIsSaidWithTheProperty() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "r2dbc:postgresql://localhost:" + silent.getLocalPort() + "/none";
            assertThatThrownBy(() ->
                            App.run(getClass(), Silent.class, "penstock.start-timeout=100ms", "silent.url=" + url))
                    .rootCause()
                    .hasMessageContaining("penstock.start-timeout=PT0.1S");
        }
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
    @Import(Shop.class)
    static class FirstStart {

        @Bean
        ApplicationRunner publishFirst(EventBus bus) {
            return arguments ->
                    bus.publish(Event.of(new OrderPlaced("first", 1))).block(App.PATIENCE);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Shop.class)
    static class OwnBusWithConsumers {

        @Bean
        EventBus own(ConnectionFactory connections) {
            R2dbcEventBus bus = R2dbcEventBus.create(
                    connections,
                    BusOptions.builder().schema("ownbuswithconsumers").build());
            bus.start().block(App.PATIENCE);
            return bus;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class OwnOptions {

        final AtomicInteger published = new AtomicInteger();
        final AtomicInteger publishedByOptions = new AtomicInteger();

        @Bean
        BusListener counting() {
            return new BusListener() {
                @Override
                public void published(int events) {
                    published.addAndGet(events);
                }
            };
        }

        @Bean
        BusOptions options() {
            return BusOptions.builder()
                    .schema(App.schema(StartIntegrationTests.class))
                    .listener(new BusListener() {
                        @Override
                        public void published(int events) {
                            publishedByOptions.addAndGet(events);
                        }
                    })
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Silent {

        @Bean
        ConnectionFactory connections(@Value("${silent.url}") String url) {
            return ConnectionFactories.get(url.replace("//", "//postgres:postgres@"));
        }
    }

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
            return new SpringEventBus(
                    R2dbcEventBus.create(connections),
                    Set.of(connections),
                    new ConsumerSettings(Map.of()),
                    Tracing.NONE,
                    HandlerTimes.NONE);
        }
    }
}
