package io.penstock.bus.spring;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import io.penstock.bus.Event;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * Observes publishing as a producer and handling as a consumer. A tracer writes its context, W3C's {@code traceparent},
 * into the event's headers, and the handler's span becomes a child of the publisher's, days later or on another node.
 */
final class ObservationTracing implements Tracing {

    private static final String TRACE_PARENT = "traceparent";

    private final ObservationRegistry registry;

    ObservationTracing(ObservationRegistry registry) {
        this.registry = registry;
    }

    /** An event that brings its trace along, as one that came from Kafka, keeps it. */
    @Override
    public Mono<Void> publish(Event<?> event, Function<Event<?>, Mono<Void>> store) {
        return event.headers().containsKey(TRACE_PARENT)
                ? store.apply(event)
                : Mono.deferContextual(context -> observed(event, store, current(context)));
    }

    private Mono<Void> observed(Event<?> event, Function<Event<?>, Mono<Void>> store, @Nullable Observation parent) {
        SenderContext<Event.Builder<?>> sender = new SenderContext<>(ObservationTracing::write, Kind.PRODUCER);
        sender.setCarrier(event.withPayload(event.payload()));
        Observation observation = Observation.createNotStarted("penstock.publish", () -> sender, registry)
                .contextualName("publish " + event.type())
                .parentObservation(parent)
                .lowCardinalityKeyValue(type(event))
                .highCardinalityKeyValue(id(event))
                .start();
        return during(observation, Mono.defer(() -> store.apply(traced(sender, event))));
    }

    /** A batch continues the trace of its first event. */
    @Override
    public Mono<Void> handle(String consumer, List<? extends Event<?>> events, Supplier<Mono<Void>> handler) {
        return Mono.defer(() -> {
            Event<?> event = events.get(0);
            ReceiverContext<Event<?>> receiver =
                    new ReceiverContext<>((carrier, name) -> carrier.headers().get(name), Kind.CONSUMER);
            receiver.setCarrier(event);
            Observation observation = Observation.createNotStarted("penstock.handle", () -> receiver, registry)
                    .contextualName(consumer + " handle")
                    .lowCardinalityKeyValue("penstock.consumer", consumer)
                    .lowCardinalityKeyValue(type(event))
                    .highCardinalityKeyValue(id(event))
                    .start();
            return during(observation, Mono.defer(handler));
        });
    }

    private static Mono<Void> during(Observation observation, Mono<Void> work) {
        return ScopedSubscription.of(work, () -> observation.openScope()::close)
                .doOnError(observation::error)
                .doFinally(end -> observation.stop())
                .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, observation));
    }

    private @Nullable Observation current(ContextView context) {
        Observation reactive = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
        return reactive != null ? reactive : registry.getCurrentObservation();
    }

    private static void write(Event.@Nullable Builder<?> carrier, String name, String value) {
        if (carrier != null) {
            carrier.header(name, value);
        }
    }

    private static Event<?> traced(SenderContext<Event.Builder<?>> sender, Event<?> event) {
        Event.Builder<?> carrier = sender.getCarrier();
        return carrier == null ? event : carrier.build();
    }

    private static KeyValue type(Event<?> event) {
        return KeyValue.of("penstock.type", event.type());
    }

    private static KeyValue id(Event<?> event) {
        return KeyValue.of("penstock.event", event.id().toString());
    }
}
