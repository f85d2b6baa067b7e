package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import brave.handler.MutableSpan;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

/** With what Boot configures for a tracer, and no bean besides one that collects spans. */
class TracingIntegrationTests {

    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(
                TracingIntegrationTests.class,
                Shop.class,
                "spring.reactor.context-propagation=auto",
                "management.tracing.sampling.probability=1");
    }

    @AfterAll
    static void stop() {
        app.close();
        reactor.core.publisher.Hooks.disableAutomaticContextPropagation();
    }

    @Test
    void aHandlersSpanIsAChildOfThePublishersAndThatOfTheRequests() {
        ObservationRegistry registry = app.bean(ObservationRegistry.class);
        Observation request = Observation.start("request", registry);
        Event<OrderPlaced> event = Event.of(new OrderPlaced("traced", 1));
        app.bus()
                .publish(event)
                .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, request))
                .block(App.PATIENCE);
        request.stop();
        MutableSpan published = span("publish order.placed", event);
        MutableSpan handled = span("shipping handle", event);
        assertThat(published.kind()).isEqualTo(brave.Span.Kind.PRODUCER);
        assertThat(handled.kind()).isEqualTo(brave.Span.Kind.CONSUMER);
        assertThat(handled.parentId()).isEqualTo(published.id());
        assertThat(handled.traceId()).isEqualTo(published.traceId());
        assertThat(published.parentId())
                .isEqualTo(app.bean(Spans.class).named("request").id());
    }

    @Test
    void theTraceIsStoredAsW3cWrites() {
        Event<OrderPlaced> event = Event.of(new OrderPlaced("w3c", 1));
        app.bus().publish(event).block(App.PATIENCE);
        assertThat(seen(event).get("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]");
    }

    @Test
    void anEventThatBringsItsTraceKeepsIt() {
        String parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        Event<OrderPlaced> event = Event.builder(new OrderPlaced("kafka", 1))
                .header("traceparent", parent)
                .build();
        app.bus().publish(event).block(App.PATIENCE);
        assertThat(span("shipping handle", event).traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
        assertThat(seen(event)).containsEntry("traceparent", parent);
    }

    @Test
    void logLinesOfAHandlerSayWhatItHandlesAlsoOnOtherThreads() {
        Event<OrderPlaced> event = Event.builder(new OrderPlaced("logged", 1))
                .correlationId("case-7")
                .build();
        app.bus().publish(event).block(App.PATIENCE);
        Map<String, String> seen = seen(event);
        assertThat(seen)
                .containsEntry("called." + LoggingContext.CONSUMER, "shipping")
                .containsEntry("called." + LoggingContext.EVENT, event.id().toString())
                .containsEntry("called." + LoggingContext.CORRELATION, "case-7")
                .containsEntry("later." + LoggingContext.CONSUMER, "shipping")
                .containsEntry("later." + LoggingContext.CORRELATION, "case-7");
    }

    @Test
    void whatABlockingHandlerPublishesOnOtherThreadsIsCausedByItsEventToo() {
        Event<OrderPlaced> event = Event.of("order.forwarded", new OrderPlaced("forwarded", 1));
        app.bus().publish(event).block(App.PATIENCE);
        List<String> causes = app.bean(Shop.class).causes;
        App.awaitThat(() -> causes.contains(event.id().toString()));
    }

    private static Map<String, String> seen(Event<?> event) {
        Map<String, Map<String, String>> seen = app.bean(Shop.class).seen;
        App.awaitThat(() -> seen.containsKey(event.id().toString()));
        return seen.get(event.id().toString());
    }

    private static MutableSpan span(String name, Event<?> event) {
        return app.bean(Spans.class).of(name, event);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        final Map<String, Map<String, String>> seen = new ConcurrentHashMap<>();
        final List<String> causes = new CopyOnWriteArrayList<>();
        private final ObjectProvider<EventBus> bus;

        Shop(ObjectProvider<EventBus> bus) {
            this.bus = bus;
        }

        @EventConsumer("shipping")
        Mono<Void> ship(Event<OrderPlaced> event) {
            Map<String, String> all = new ConcurrentHashMap<>(event.headers());
            MDC.getCopyOfContextMap().forEach((key, value) -> all.put("called." + key, value));
            return Mono.delay(Duration.ofMillis(1))
                    .doOnNext(tick -> MDC.getCopyOfContextMap().forEach((key, value) -> all.put("later." + key, value)))
                    .doOnNext(tick -> seen.put(event.id().toString(), all))
                    .then();
        }

        @EventConsumer(value = "forwarding", types = "order.forwarded")
        void forward(OrderPlaced order) {
            Mono.delay(Duration.ofMillis(1))
                    .then(bus.getObject().publish(Event.of("order.received", order)))
                    .block();
        }

        @EventConsumer(value = "receiving", types = "order.received")
        void receive(Event<OrderPlaced> event) {
            causes.add(String.valueOf(event.causationId()));
        }

        @Bean
        Spans spans() {
            return new Spans();
        }
    }
}
