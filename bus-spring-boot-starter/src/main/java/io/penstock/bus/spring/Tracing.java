package io.penstock.bus.spring;

import io.penstock.bus.Event;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** How publishing and handling are traced. */
interface Tracing {

    /** Nothing is traced. */
    Tracing NONE = new Tracing() {};

    /** Stores the event with what lets its handlers continue the trace. */
    default Mono<Void> publish(Event<?> event, Function<Event<?>, Mono<Void>> store) {
        return store.apply(event);
    }

    /** Runs a handler of these events, at least one, in the trace of who published them. */
    default Mono<Void> handle(String consumer, List<? extends Event<?>> events, Supplier<Mono<Void>> handler) {
        return handler.get();
    }
}
