package io.penstock.bus;

import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What became of events that could not be handled. Nothing is removed from here unless {@code discard} is called.
 *
 * <p>Every method runs on subscribe, in a transaction of its own on the bus's connections, and errors as the database
 * does. Cancelling a change does not undo it. Thread-safe.
 */
public interface DeadLetters {

    /** Emits the letters meant, in the order their events were published. */
    Flux<DeadLetter> list(DeadLetterFilter filter);

    /** Emits one letter; empty when that event is not dead for that consumer. */
    Mono<DeadLetter> get(String consumer, UUID eventId);

    /** Gives one letter all its attempts again; emits whether there was one. */
    Mono<Boolean> redrive(String consumer, UUID eventId);

    /** Gives the letters meant, no more than the filter's limit, all their attempts again; emits how many. */
    Mono<Long> redrive(DeadLetterFilter filter);

    /** Gives every letter of a key all its attempts again, in the order of publication; emits how many. */
    Mono<Long> redriveKey(String consumer, String key);

    /** Removes one letter for good and lets its key go on; emits whether there was one. */
    Mono<Boolean> discard(String consumer, UUID eventId);

    /** Removes the letters meant, no more than the filter's limit, for good and lets their keys go on; emits how many. */
    Mono<Long> discard(DeadLetterFilter filter);
}
