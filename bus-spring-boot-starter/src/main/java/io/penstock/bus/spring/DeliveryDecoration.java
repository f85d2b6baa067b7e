package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.Handler;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** Puts every handler, whichever way it was declared, into its trace and, if it has one, its transaction. */
final class DeliveryDecoration {

    private final DeliveryTransaction transaction;
    private final Tracing tracing;

    DeliveryDecoration(DeliveryTransaction transaction, Tracing tracing) {
        this.transaction = transaction;
        this.tracing = tracing;
    }

    <T> ConsumerSpec<T> apply(ConsumerSpec<T> spec) {
        return new ConsumerSpec<>(spec.name(), spec.payloads(), handler(spec.name(), spec.handler()), spec.options());
    }

    private <T> Handler<T> handler(String name, Handler<T> handler) {
        if (handler instanceof Handler.Each<T> each) {
            return new Handler.Each<>(
                    event -> handle(name, List.of(event), () -> each.function().apply(event)));
        }
        if (handler instanceof Handler.Batch<T> batch) {
            return new Handler.Batch<>(
                    events -> handle(name, events, () -> batch.function().apply(events)));
        }
        return handler instanceof Handler.TransactionalEach<T, ?> each
                ? joined(name, each)
                : joined(name, (Handler.TransactionalBatch<T, ?>) handler);
    }

    private <T, C> Handler<T> joined(String name, Handler.TransactionalEach<T, C> each) {
        return new Handler.TransactionalEach<>(
                each.transaction(),
                (event, tx) ->
                        joined(name, List.of(event), tx, () -> each.function().apply(event, tx)));
    }

    private <T, C> Handler<T> joined(String name, Handler.TransactionalBatch<T, C> batch) {
        return new Handler.TransactionalBatch<>(
                batch.transaction(),
                (events, tx) -> joined(name, events, tx, () -> batch.function().apply(events, tx)));
    }

    private Mono<Void> joined(String name, List<? extends Event<?>> events, Object tx, Supplier<Mono<Void>> handler) {
        return tx instanceof Connection connection
                ? handle(name, events, () -> transaction.join(connection, handler))
                : handle(name, events, handler);
    }

    private Mono<Void> handle(String name, List<? extends Event<?>> events, Supplier<Mono<Void>> handler) {
        return tracing.handle(name, events, () -> LoggingContext.with(name, events, Mono.defer(handler)));
    }
}
