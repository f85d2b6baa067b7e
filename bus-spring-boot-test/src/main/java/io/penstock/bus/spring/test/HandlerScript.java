package io.penstock.bus.spring.test;

import io.penstock.bus.ConsumerSpec;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
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
        return spec.around((events, transaction, handler) -> run(spec.name(), handler));
    }

    private Mono<Void> run(String name, Mono<Void> handler) {
        Queue<Moment> queue = failures.get(name);
        @Nullable Moment next = queue == null ? null : queue.poll();
        if (next == null) {
            return handler;
        }
        Mono<Void> failure = Mono.error(new ScriptedFailure("The test lets '" + name + "' fail " + next));
        return next == Moment.BEFORE ? failure : handler.then(failure);
    }

    /** A failure that a test asked for. */
    static final class ScriptedFailure extends RuntimeException {

        ScriptedFailure(String message) {
            super(message);
        }
    }
}
