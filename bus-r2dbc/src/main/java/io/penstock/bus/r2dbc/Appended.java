package io.penstock.bus.r2dbc;

import io.penstock.bus.DuplicateEventException;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * What a statement stored.
 *
 * @param repeated the events left out because their id is stored already
 * @param hints which consumers have work, once it is committed
 */
record Appended(List<Encoded> repeated, List<Hint> hints) {

    /** Whether exactly this one, not another with its id, was left out. */
    boolean isRepeated(Encoded encoded) {
        return repeated.stream().anyMatch(left -> left == encoded);
    }

    /** Fails if one event was left out. */
    Mono<Appended> allStored() {
        return repeated.isEmpty()
                ? Mono.just(this)
                : Mono.error(new DuplicateEventException(repeated.get(0).event().id()));
    }
}
