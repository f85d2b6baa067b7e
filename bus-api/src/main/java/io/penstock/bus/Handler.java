package io.penstock.bus;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * What a consumer does with its events. The returned {@code Mono} completing is success; an error, a {@code null}, a
 * throw and a timeout are each one failed attempt, which {@link PostponeException}, {@link NeverRetryException}, {@link
 * RetryAtException} and, for batches, {@link BatchFailedException} say more about. Called on the consumer's own threads, never on the driver's.
 */
public sealed interface Handler<T> {

    /** A handler of the same kind, each of whose runs {@code around} carries out. */
    Handler<T> around(AroundHandler around);

    /** One event at a time, outside any transaction: at least once. */
    record Each<T>(Function<Event<T>, Mono<Void>> function) implements Handler<T> {

        @Override
        public Handler<T> around(AroundHandler around) {
            return new Each<>(event -> around.run(List.of(event), null, Mono.defer(() -> function.apply(event))));
        }
    }

    /** Several events at a time, outside any transaction: at least once. */
    record Batch<T>(Function<List<Event<T>>, Mono<Void>> function) implements Handler<T> {

        @Override
        public Handler<T> around(AroundHandler around) {
            return new Batch<>(events -> around.run(events, null, Mono.defer(() -> function.apply(events))));
        }
    }

    /** One event with the transaction that also removes it from the inbox: effects in that transaction happen once. */
    record TransactionalEach<T, C>(Class<C> transaction, BiFunction<Event<T>, C, Mono<Void>> function)
            implements Handler<T> {

        @Override
        public Handler<T> around(AroundHandler around) {
            return new TransactionalEach<>(
                    transaction,
                    (event, tx) -> around.run(List.of(event), tx, Mono.defer(() -> function.apply(event, tx))));
        }
    }

    /** Several events in one such transaction. */
    record TransactionalBatch<T, C>(Class<C> transaction, BiFunction<List<Event<T>>, C, Mono<Void>> function)
            implements Handler<T> {

        @Override
        public Handler<T> around(AroundHandler around) {
            return new TransactionalBatch<>(
                    transaction, (events, tx) -> around.run(events, tx, Mono.defer(() -> function.apply(events, tx))));
        }
    }
}
