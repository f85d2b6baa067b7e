package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import brave.handler.MutableSpan;
import io.penstock.bus.Event;
import io.penstock.bus.kafka.IngressOptions;
import io.penstock.bus.kafka.RelayOptions;
import io.penstock.bus.kafka.Routing;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

/** Two services, each with a schema of its own, that share nothing but a topic. */
class TracingOverKafkaIntegrationTests {

    @Test
    void aHandlersSpanInAnotherServiceIsAChildOfThePublishers() throws Exception {
        try (TestBroker broker = TestBroker.start();
                App shop = run(Shop.class, broker);
                App warehouse = run(Warehouse.class, broker)) {
            Event<OrderPlaced> event = Event.builder(new OrderPlaced("far", 1))
                    .key("customer-1")
                    .correlationId("case-7")
                    .build();
            shop.bus().publish(event).block(App.PATIENCE);
            MutableSpan published = shop.bean(Spans.class).of("publish order.placed", event);
            MutableSpan relayed = shop.bean(Spans.class).of("to-kafka handle", event);
            MutableSpan handled = warehouse.bean(Spans.class).of("picking handle", event);
            assertThat(relayed.parentId()).isEqualTo(published.id());
            assertThat(handled.traceId()).isEqualTo(published.traceId());
            assertThat(handled.parentId()).isEqualTo(published.id());
            assertThat(warehouse.bean(Warehouse.class).correlation).isEqualTo("case-7");
        }
    }

    private static App run(Class<?> service, TestBroker broker) {
        return App.run(
                service,
                service,
                "management.tracing.sampling.probability=1",
                "spring.application.name=" + service.getSimpleName(),
                "broker=" + broker.bootstrap());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        RelayOptions toKafka(@Value("${broker}") String broker) {
            return RelayOptions.builder("to-kafka", "order.*")
                    .bootstrapServers(broker)
                    .routing(Routing.toTopic("orders"))
                    .build();
        }

        @Bean
        Spans spans() {
            return new Spans();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Warehouse {

        volatile String correlation;

        @Bean
        IngressOptions fromKafka(@Value("${broker}") String broker) {
            return IngressOptions.builder("warehouse", "orders")
                    .bootstrapServers(broker)
                    .types("order.*")
                    .consumer("auto.offset.reset", "earliest")
                    .build();
        }

        @EventConsumer("picking")
        Mono<Void> pick(Event<OrderPlaced> event) {
            return Mono.fromRunnable(() -> correlation = event.correlationId());
        }

        @Bean
        Spans spans() {
            return new Spans();
        }
    }
}
