package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.util.List;
import reactor.core.publisher.Mono;

/** Puts every handler, whichever way it was declared, into its trace and, if it has one, its transaction. */
final class DeliveryDecoration {

    private final DeliveryTransaction transaction;
    private final Tracing tracing;
    private final HandlerTimes times;

    DeliveryDecoration(DeliveryTransaction transaction, Tracing tracing, HandlerTimes times) {
        this.transaction = transaction;
        this.tracing = tracing;
        this.times = times;
    }

    <T> ConsumerSpec<T> apply(ConsumerSpec<T> spec) {
        return spec.around((events, tx, handler) -> handle(
                spec.name(),
                events,
                tx instanceof Connection connection ? transaction.join(connection, handler) : handler));
    }

    private Mono<Void> handle(String name, List<? extends Event<?>> events, Mono<Void> handling) {
        Mono<Void> timed = times.of(name, Causation.during(handling));
        return tracing.handle(name, events, () -> LoggingContext.with(name, events, timed));
    }
}
