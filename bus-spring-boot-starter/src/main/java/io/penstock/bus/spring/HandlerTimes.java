package io.penstock.bus.spring;

import reactor.core.publisher.Mono;

/** How long handlers run. */
@FunctionalInterface
interface HandlerTimes {

    /** Nothing is measured. */
    HandlerTimes NONE = (consumer, handling) -> handling;

    /** Measures each run, however it ends. */
    Mono<Void> of(String consumer, Mono<Void> handling);
}
