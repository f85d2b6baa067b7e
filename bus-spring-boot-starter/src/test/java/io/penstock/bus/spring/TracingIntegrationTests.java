package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import brave.handler.MutableSpan;
import brave.handler.SpanHandler;
import brave.propagation.TraceContext;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.tracing.brave.bridge.BraveBaggageManager;
import io.micrometer.tracing.brave.bridge.BraveCurrentTraceContext;
import io.micrometer.tracing.brave.bridge.BravePropagator;
import io.micrometer.tracing.brave.bridge.BraveTracer;
import io.micrometer.tracing.brave.bridge.W3CPropagation;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingReceiverTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingSenderTracingObservationHandler;
import io.penstock.bus.Event;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

class TracingIntegrationTests {

    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(TracingIntegrationTests.class, Shop.class, "spring.reactor.context-propagation=auto");
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
        assertThat(published.parentId()).isEqualTo(named("request").id());
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

    private static Map<String, String> seen(Event<?> event) {
        Map<String, Map<String, String>> seen = app.bean(Shop.class).seen;
        App.awaitThat(() -> seen.containsKey(event.id().toString()));
        return seen.get(event.id().toString());
    }

    private static MutableSpan span(String name, Event<?> event) {
        List<MutableSpan> spans = app.bean(Spans.class).finished;
        App.awaitThat(() -> spans.stream().anyMatch(span -> isOf(span, name, event)));
        return spans.stream()
                .filter(span -> isOf(span, name, event))
                .findFirst()
                .orElseThrow();
    }

    private static MutableSpan named(String name) {
        List<MutableSpan> spans = app.bean(Spans.class).finished;
        return spans.stream()
                .filter(span -> name.equals(span.name()))
                .findFirst()
                .orElseThrow();
    }

    private static boolean isOf(MutableSpan span, String name, Event<?> event) {
        return name.equals(span.name()) && event.id().toString().equals(span.tag("penstock.event"));
    }

    static final class Spans extends SpanHandler {

        final List<MutableSpan> finished = new CopyOnWriteArrayList<>();

        @Override
        public boolean end(TraceContext context, MutableSpan span, Cause cause) {
            return finished.add(new MutableSpan(span));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        final Map<String, Map<String, String>> seen = new ConcurrentHashMap<>();

        @EventConsumer("shipping")
        Mono<Void> ship(Event<OrderPlaced> event) {
            Map<String, String> all = new ConcurrentHashMap<>(event.headers());
            MDC.getCopyOfContextMap().forEach((key, value) -> all.put("called." + key, value));
            return Mono.delay(Duration.ofMillis(1))
                    .doOnNext(tick -> MDC.getCopyOfContextMap().forEach((key, value) -> all.put("later." + key, value)))
                    .doOnNext(tick -> seen.put(event.id().toString(), all))
                    .then();
        }

        @Bean
        Spans spans() {
            return new Spans();
        }

        /** What Boot configures for a tracer, without its tracing module. */
        @Bean
        ObservationHandler<Observation.Context> tracingHandler(Spans spans) {
            BraveBaggageManager baggage = new BraveBaggageManager();
            brave.Tracing spansOf = brave.Tracing.newBuilder()
                    .traceId128Bit(true)
                    .propagationFactory(new W3CPropagation(baggage, List.of()))
                    .addSpanHandler(spans)
                    .build();
            BraveTracer tracer = new BraveTracer(
                    spansOf.tracer(), new BraveCurrentTraceContext(spansOf.currentTraceContext()), baggage);
            BravePropagator propagator = new BravePropagator(spansOf);
            return new ObservationHandler.FirstMatchingCompositeObservationHandler(
                    new PropagatingSenderTracingObservationHandler<>(tracer, propagator),
                    new PropagatingReceiverTracingObservationHandler<>(tracer, propagator),
                    new DefaultTracingObservationHandler(tracer));
        }
    }
}
