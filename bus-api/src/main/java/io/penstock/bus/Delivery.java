package io.penstock.bus;

import reactor.core.publisher.Mono;

/**
 * One event on its way to one consumer. A handler of single events finds its own in the Reactor context.
 * Immutable.
 *
 * @param event the event with its payload undecoded
 * @param attempt the number of this attempt, from 1
 * @param node the name of the node that makes it
 */
public record Delivery(String consumer, Event<RawJson> event, int attempt, String node) {

    /** The key under which a handler's Reactor context holds its delivery. */
    public static final Object CONTEXT_KEY = Delivery.class;

    /** Emits the delivery being handled; empty outside a handler of single events. */
    public static Mono<Delivery> current() {
        return Mono.deferContextual(context -> Mono.justOrEmpty(context.<Delivery>getOrEmpty(CONTEXT_KEY)));
    }
}
