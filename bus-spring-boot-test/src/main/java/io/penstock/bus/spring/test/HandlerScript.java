package io.penstock.bus.spring.test;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Handler;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Which runs of whose handler are to fail, and when. */
final class HandlerScript {

    enum Moment {
        BEFORE,
        AFTER
    }

    private final Map<String, Queue<Moment>> failures = new ConcurrentHashMap<>();

    void add(String consumer, int times, Moment moment) {
        Queue<Moment> queue = failures.computeIfAbsent(consumer, name -> new ConcurrentLinkedQueue<>());
        for (int i = 0; i < times; i++) {
            queue.add(moment);
        }
    }

    void clear() {
        failures.clear();
    }

    /** The same consumer, whose handler follows the script. */
    <T> ConsumerSpec<T> apply(ConsumerSpec<T> spec) {
        return new ConsumerSpec<>(spec.name(), spec.payloads(), handler(spec.name(), spec.handler()), spec.options());
    }

    private <T> Handler<T> handler(String name, Handler<T> handler) {
        if (handler instanceof Handler.Each<T> each) {
            return new Handler.Each<>(event -> run(name, () -> each.function().apply(event)));
        }
        if (handler instanceof Handler.Batch<T> batch) {
            return new Handler.Batch<>(
                    events -> run(name, () -> batch.function().apply(events)));
        }
        return handler instanceof Handler.TransactionalEach<T, ?> each
                ? transactional(name, each)
                : transactional(name, (Handler.TransactionalBatch<T, ?>) handler);
    }

    private <T, C> Handler<T> transactional(String name, Handler.TransactionalEach<T, C> each) {
        return new Handler.TransactionalEach<>(
                each.transaction(),
                (event, tx) -> run(name, () -> each.function().apply(event, tx)));
    }

    private <T, C> Handler<T> transactional(String name, Handler.TransactionalBatch<T, C> batch) {
        return new Handler.TransactionalBatch<>(
                batch.transaction(),
                (events, tx) -> run(name, () -> batch.function().apply(events, tx)));
    }

    private Mono<Void> run(String name, Supplier<Mono<Void>> handler) {
        Queue<Moment> queue = failures.get(name);
        @Nullable Moment next = queue == null ? null : queue.poll();
        if (next == null) {
            return handler.get();
        }
        Mono<Void> failure = Mono.error(new ScriptedFailure("The test lets '" + name + "' fail " + next));
        return next == Moment.BEFORE ? failure : handler.get().then(failure);
    }

    /** A failure that a test asked for. */
    static final class ScriptedFailure extends RuntimeException {

        ScriptedFailure(String message) {
            super(message);
        }
    }
}
