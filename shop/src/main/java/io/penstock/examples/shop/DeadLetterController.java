package io.penstock.examples.shop;

import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.EventBus;
import java.time.Instant;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the consumers gave up, and another life for it. */
@RestController
class DeadLetterController {

    private static final DeadLetterFilter FIRST = DeadLetterFilter.all().withLimit(100);
    private static final Pattern CONSUMER = Pattern.compile("[A-Za-z0-9._-]{1,100}");

    private final EventBus bus;

    DeadLetterController(EventBus bus) {
        this.bus = bus;
    }

    /** The first hundred. */
    @GetMapping("/dead-letters")
    Flux<LetterView> letters() {
        return bus.deadLetters().list(FIRST).map(LetterView::of);
    }

    /** Answers before the event is delivered: whether it goes well this time is for its consumer to show. */
    @PostMapping("/dead-letters/{consumer}/{eventId}/redrive")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Mono<Void> redrive(@PathVariable String consumer, @PathVariable String eventId) {
        return Mono.fromSupplier(() -> PathId.of("eventId", eventId))
                .filter(id -> CONSUMER.matcher(consumer).matches())
                .filterWhen(id -> bus.deadLetters().redrive(consumer, id))
                .switchIfEmpty(Mono.error(() -> new NotThereException(
                        "Consumer '" + JsonFields.cut(consumer) + "' has no dead letter of event " + eventId)))
                .then();
    }

    record LetterView(String consumer, EventView event, int attempts, String error, Instant failedAt) {

        static LetterView of(DeadLetter letter) {
            return new LetterView(
                    letter.consumer(),
                    EventView.of(letter.event()),
                    letter.attempts(),
                    withoutStack(letter.error()),
                    letter.failedAt());
        }

        /** The exception and its causes; where they came from is for who looks into the database. */
        private static String withoutStack(String error) {
            return error.lines().filter(line -> !line.startsWith("\t")).collect(Collectors.joining("\n"));
        }
    }
}
