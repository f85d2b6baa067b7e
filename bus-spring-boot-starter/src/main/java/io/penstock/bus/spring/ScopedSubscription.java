package io.penstock.bus.spring;

import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * Lets thread-locals be there while a handler is subscribed to, and so when its method is called.
 *
 * <p>Design note: no operator has a place around the subscription itself. What runs later, on other threads, sees them
 * if the application lets Reactor propagate its context ({@code spring.reactor.context-propagation=auto}).
 */
final class ScopedSubscription {

    private ScopedSubscription() {}

    static Mono<Void> of(Mono<Void> handling, Supplier<Scope> open) {
        return Mono.from(subscriber -> {
            try (Scope scope = open.get()) {
                handling.subscribe(subscriber);
            }
        });
    }

    /** Ends by closing, on the thread that opened it. */
    @FunctionalInterface
    interface Scope extends AutoCloseable {

        @Override
        void close();
    }
}
