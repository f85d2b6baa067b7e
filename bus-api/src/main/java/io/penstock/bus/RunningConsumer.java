package io.penstock.bus;

import reactor.core.publisher.Mono;

/** A consumer whose handler runs on this node. Thread-safe. */
public interface RunningConsumer {

    String name();

    /**
     * Stops new deliveries on this node only, until {@link #resume}; completes when the running ones have ended and its
     * share is given to the other nodes. Cancelling does not start it again. Never errors.
     */
    Mono<Void> pause();

    /** Takes part again, from the next heartbeat on; completes at once. */
    Mono<Void> resume();

    /**
     * Stops new deliveries here at once and completes when the running ones have ended, or were cancelled after the
     * grace time; what the consumer is owed stays stored. Cancelling does not start it again. Subscribing twice waits for the same end.
     */
    Mono<Void> unsubscribe();
}
