package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Handler;
import io.r2dbc.spi.Connection;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** Makes Spring's transaction of the bus's for every transactional handler, whichever way it was declared. */
final class DeliveryDecoration {

    private final DeliveryTransaction transaction;

    DeliveryDecoration(DeliveryTransaction transaction) {
        this.transaction = transaction;
    }

    <T> ConsumerSpec<T> apply(ConsumerSpec<T> spec) {
        return new ConsumerSpec<>(spec.name(), spec.payloads(), handler(spec.handler()), spec.options());
    }

    private <T> Handler<T> handler(Handler<T> handler) {
        if (handler instanceof Handler.TransactionalEach<T, ?> each) {
            return joined(each);
        }
        return handler instanceof Handler.TransactionalBatch<T, ?> batch ? joined(batch) : handler;
    }

    private <T, C> Handler<T> joined(Handler.TransactionalEach<T, C> each) {
        return new Handler.TransactionalEach<>(
                each.transaction(),
                (event, tx) -> within(tx, () -> each.function().apply(event, tx)));
    }

    private <T, C> Handler<T> joined(Handler.TransactionalBatch<T, C> batch) {
        return new Handler.TransactionalBatch<>(
                batch.transaction(),
                (events, tx) -> within(tx, () -> batch.function().apply(events, tx)));
    }

    private Mono<Void> within(Object tx, Supplier<Mono<Void>> handler) {
        return tx instanceof Connection connection ? transaction.join(connection, handler) : handler.get();
    }
}
