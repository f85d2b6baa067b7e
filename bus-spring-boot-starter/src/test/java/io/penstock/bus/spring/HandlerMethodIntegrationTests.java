package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class HandlerMethodIntegrationTests {

    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(
                HandlerMethodIntegrationTests.class,
                Shop.class,
                "shop.name=corner",
                "penstock.tracing.enabled=false",
                "penstock.poll-interval=50ms");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void aHandlerTakesPayloadEventDeliveryAndHeaders() {
        Event<OrderPlaced> event = Event.builder(new OrderPlaced("1", 10))
                .header("tenant", "north")
                .build();
        app.bus().publish(event).block(App.PATIENCE);
        assertThat(seen("corner-everything", event))
                .containsExactly(
                        new OrderPlaced("1", 10),
                        event.id(),
                        "corner-everything",
                        "north",
                        "none",
                        Map.of("tenant", "north"));
    }

    @Test
    void aFluxIsHandledWhenItEnds() {
        Event<OrderPlaced> event = publish();
        assertThat(seen("flux", event)).containsExactly("last");
    }

    @Test
    void aHandlerThatReturnsNothingMayBlock() {
        Event<OrderPlaced> event = publish();
        assertThat(seen("blocking", event)).containsExactly(1, false);
    }

    @Test
    void batchesComeAsAListOfEvents() {
        Event<OrderPlaced> event = publish();
        assertThat(seen("batch", event)).hasSize(1);
    }

    @Test
    void aTypePatternGivesPayloadsUndecoded() {
        Event<OrderPlaced> event = publish();
        assertThat(seen("audit", event).get(0)).asString().contains("orderId");
    }

    @Test
    void theTransactionsConnectionIsAParameterToo() {
        Event<OrderPlaced> event = publish();
        assertThat(seen("connected", event)).hasSize(1);
    }

    @Test
    void aNameIsGivenToOneHandlerOnly() {
        assertThatThrownBy(() -> App.run(getClass(), Twice.class))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContaining("Consumer 'twice' is declared twice");
    }

    @Test
    void aTransactionalHandlerThatReturnsNothingIsRefused() {
        assertThatThrownBy(() -> App.run(getClass(), Unreactive.class))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContaining("only a reactive type carries the transaction");
    }

    @Test
    void aConnectionWithoutATransactionIsRefused() {
        assertThatThrownBy(() -> App.run(getClass(), Unconnected.class))
                .hasMessageContaining("needs transactional = true");
    }

    private static Event<OrderPlaced> publish() {
        Event<OrderPlaced> event = Event.of(new OrderPlaced("1", 10));
        app.bus().publish(event).block(App.PATIENCE);
        return event;
    }

    private static List<Object> seen(String consumer, Event<?> event) {
        Map<String, List<Object>> seen = app.bean(Handlers.class).seen;
        App.awaitThat(() -> seen.containsKey(consumer + event.id()));
        return seen.get(consumer + event.id());
    }

    static class Handlers {

        final Map<String, List<Object>> seen = new ConcurrentHashMap<>();
        private final DatabaseClient client;

        Handlers(DatabaseClient client) {
            this.client = client;
        }

        @EventConsumer("${shop.name}-everything")
        Mono<Void> everything(
                OrderPlaced order,
                Event<OrderPlaced> event,
                Delivery delivery,
                @EventHeader("tenant") String tenant,
                @EventHeader("other") String other,
                @EventHeader Map<String, String> all) {
            List<Object> values = List.of(
                    order,
                    event.id(),
                    delivery.consumer(),
                    tenant == null ? "" : tenant,
                    other == null ? "none" : other,
                    all);
            return Mono.fromRunnable(() -> seen.put(delivery.consumer() + event.id(), values));
        }

        @EventConsumer("flux")
        Flux<String> flux(Event<OrderPlaced> event) {
            return Flux.just("first", "last").doOnNext(text -> {
                if (text.equals("last")) {
                    seen.put("flux" + event.id(), List.of(text));
                }
            });
        }

        @EventConsumer("blocking")
        void blocking(Event<OrderPlaced> event) {
            Integer one = client.sql("SELECT 1")
                    .map(row -> row.get(0, Integer.class))
                    .one()
                    .block();
            seen.put("blocking" + event.id(), List.of(one, Schedulers.isInNonBlockingThread()));
        }

        @EventConsumer("batch")
        Mono<Void> batch(List<Event<OrderPlaced>> events) {
            return Mono.fromRunnable(() -> events.forEach(event -> seen.put("batch" + event.id(), List.of(event))));
        }

        @EventConsumer(value = "audit", types = "order.*")
        Mono<Void> audit(Event<RawJson> event) {
            return Mono.fromRunnable(
                    () -> seen.put("audit" + event.id(), List.of(event.payload().text())));
        }

        @EventConsumer(value = "connected", transactional = true)
        Mono<Void> connected(Event<OrderPlaced> event, Connection connection) {
            return Mono.from(connection.createStatement("SELECT 1").execute())
                    .flatMapMany(result -> result.map(row -> row.get(0, Integer.class)))
                    .collectList()
                    .doOnNext(ones -> seen.put("connected" + event.id(), new ArrayList<>(ones)))
                    .then();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        Handlers handlers(DatabaseClient client) {
            return new Handlers(client);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Twice {

        @EventConsumer("twice")
        void one(OrderPlaced order) {}

        @EventConsumer("twice")
        void other(OrderPlaced order) {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Unreactive {

        @EventConsumer(value = "unreactive", transactional = true)
        void one(OrderPlaced order) {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Unconnected {

        @EventConsumer("unconnected")
        Mono<Void> one(OrderPlaced order, Connection connection) {
            return Mono.empty();
        }
    }
}
