package io.penstock.bus.r2dbc;

import reactor.core.publisher.Mono;
import reactor.pool.InstrumentedPool;
import reactor.pool.PoolBuilder;

/** Lets pieces of work run one at a time on this node; the others wait their turn. Thread-safe. */
final class Isolation {

    private final InstrumentedPool<Boolean> turns =
            PoolBuilder.from(Mono.just(true)).sizeBetween(0, 1).buildPool();

    <T> Mono<T> alone(Mono<T> work) {
        return turns.withPoolable(turn -> work).next();
    }
}
