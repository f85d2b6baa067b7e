package io.penstock.bus.spring;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.EventBus;
import io.penstock.bus.InvalidConsumerException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import reactor.core.publisher.Mono;

/**
 * Where consumers stand and what they could not handle, without payloads; with {@code
 * management.endpoint.penstock.access=unrestricted} also pause, resume, redrive and discard.
 */
@Endpoint(id = "penstock", defaultAccess = Access.READ_ONLY)
final class PenstockEndpoint {

    private static final int LETTERS_SHOWN = 100;

    private final EventBus bus;

    PenstockEndpoint(EventBus bus) {
        this.bus = bus;
    }

    @ReadOperation
    Mono<BusStats> consumers() {
        return bus.stats();
    }

    /** Empty, and so not found, for an unknown consumer. */
    @ReadOperation
    Mono<ConsumerDescription> consumer(@Selector String consumer) {
        return bus.stats()
                .flatMapIterable(BusStats::consumers)
                .filter(stats -> stats.consumer().equals(consumer))
                .next()
                .zipWith(letters(consumer), ConsumerDescription::new);
    }

    /** Redrives a thousand dead letters of the consumer at most, or the one of the event that is named. */
    @WriteOperation
    Mono<Done> change(@Selector String consumer, Action action, @Nullable UUID event) {
        return known(consumer).then(Mono.defer(() -> switch (action) {
            case PAUSE -> bus.pause(consumer).thenReturn(new Done(consumer, "paused", 0));
            case RESUME -> bus.resume(consumer).thenReturn(new Done(consumer, "resumed", 0));
            case REDRIVE -> redrive(consumer, event).map(letters -> new Done(consumer, "redriven", letters));
        }));
    }

    /** Discards one dead letter for good. */
    @DeleteOperation
    Mono<Done> discard(@Selector String consumer, UUID event) {
        return known(consumer)
                .then(Mono.defer(() -> bus.deadLetters().discard(consumer, event)))
                .map(found -> new Done(consumer, "discarded", found ? 1 : 0));
    }

    /** The client's mistake, not the server's. */
    private Mono<BusStats> known(String consumer) {
        return bus.stats()
                .doOnNext(stats -> stats.of(consumer))
                .onErrorMap(InvalidConsumerException.class, PenstockEndpoint::unknown);
    }

    private static InvalidEndpointRequestException unknown(InvalidConsumerException error) {
        String reason = String.valueOf(error.getMessage());
        return new InvalidEndpointRequestException(reason, reason);
    }

    private Mono<Long> redrive(String consumer, @Nullable UUID event) {
        return event == null
                ? bus.deadLetters().redrive(DeadLetterFilter.of(consumer))
                : bus.deadLetters().redrive(consumer, event).map(found -> found ? 1L : 0L);
    }

    private Mono<List<LetterDescription>> letters(String consumer) {
        return bus.deadLetters()
                .list(DeadLetterFilter.of(consumer).withLimit(LETTERS_SHOWN))
                .map(LetterDescription::of)
                .collectList();
    }

    enum Action {
        PAUSE,
        RESUME,
        REDRIVE
    }

    /** @param letters dead letters that were changed */
    record Done(String consumer, String done, long letters) {}

    record ConsumerDescription(ConsumerStats consumer, List<LetterDescription> deadLetters) {}

    record LetterDescription(
            UUID event, String type, @Nullable String key, int attempts, String error, Instant failedAt) {

        static LetterDescription of(DeadLetter letter) {
            return new LetterDescription(
                    letter.event().id(),
                    letter.event().type(),
                    letter.event().key(),
                    letter.attempts(),
                    letter.error(),
                    letter.failedAt());
        }
    }
}
