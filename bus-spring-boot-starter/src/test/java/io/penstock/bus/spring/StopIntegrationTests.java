package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

class StopIntegrationTests {

    @Test
    void aHandlerThatRunsWhenTheApplicationStopsEndsWithPoolAndBusStillThere() throws Exception {
        App app = App.run(getClass(), Shop.class);
        Shop shop = app.bean(Shop.class);
        app.publish(new OrderPlaced("1", 1));
        assertThat(shop.running.await(30, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(app::close);
        App.awaitThat(() -> app.context.isClosed() || !app.context.isActive());
        shop.goOn.countDown();
        closed.get(30, TimeUnit.SECONDS);
        assertThat(shop.ended).containsExactly("1");
        try (App again = App.run(getClass(), Shop.class, "penstock.start-consumers=false")) {
            assertThat(again.stats("shipping").backlog()).isZero();
            assertThat(again.count(App.schema(getClass()) + ".outbox_event WHERE type = 'order.shipped'"))
                    .isOne();
        }
    }

    @Test
    void aPausedContextRunsNoConsumerUntilItIsRestarted() {
        try (App app = App.run(PausedContext.class, Shop.class)) {
            app.bean(Shop.class).goOn.countDown();
            app.context.pause();
            assertThat(app.stats("shipping").running()).isFalse();
            app.publish(new OrderPlaced("paused", 1));
            app.context.restart();
            List<String> ended = app.bean(Shop.class).ended;
            App.awaitThat(() -> ended.contains("paused"));
        }
    }

    /** Names a schema. */
    private static final class PausedContext {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        final CountDownLatch running = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final List<String> ended = new CopyOnWriteArrayList<>();
        private final EventBus bus;
        private final DatabaseClient client;

        Shop(EventBus bus, DatabaseClient client) {
            this.bus = bus;
            this.client = client;
        }

        @EventConsumer("shipping")
        void ship(OrderPlaced order) throws InterruptedException {
            running.countDown();
            goOn.await();
            client.sql("SELECT 1").then().then(publishShipped(order)).block();
            ended.add(order.orderId());
        }

        private Mono<Void> publishShipped(OrderPlaced order) {
            return bus.publish(Event.of("order.shipped", order));
        }
    }
}
