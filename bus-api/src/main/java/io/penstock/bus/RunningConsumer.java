package io.penstock.bus;

import reactor.core.publisher.Mono;

/** A consumer whose handler runs on this node. Thread-safe. */
public interface RunningConsumer {

    String name();

    /**
     * Stops new deliveries here at once and completes when the running ones have ended, or were cancelled after the
     * grace time; what the consumer is owed stays stored. Cancelling does not start it again. Subscribing twice waits for the same end.
     */
    Mono<Void> unsubscribe();
}
