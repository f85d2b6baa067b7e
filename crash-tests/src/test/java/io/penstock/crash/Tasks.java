package io.penstock.crash;

import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What handlers do: write their effect on the given connection, and what the event asks for besides. */
final class Tasks {

    private static final String EFFECT =
            "INSERT INTO ledger (consumer, event_id, key, node, attempt) VALUES ($1, $2, $3, $4, $5)";
    private static final String COUNT = "UPDATE counter SET value = value + 1 WHERE id = $1";

    private final String node;
    private final Failpoints failpoints;
    private final Sinks.Empty<Void> released = Sinks.empty();
    private final Sinks.Empty<Void> failing = Sinks.empty();
    private final Map<String, Sinks.Empty<Void>> meetings = new ConcurrentHashMap<>();

    Tasks(String node, Failpoints failpoints) {
        this.node = node;
        this.failpoints = failpoints;
    }

    /** Lets every handler that holds go on, for good. */
    void release() {
        released.tryEmitEmpty();
        releaseFailing();
    }

    /** Lets those go on that are to fail. */
    void releaseFailing() {
        failing.tryEmitEmpty();
    }

    Mono<Void> doAll(String consumer, List<Event<Work>> events, Connection connection) {
        return Flux.fromIterable(events)
                .concatMap(event -> write(consumer, event, 0, connection))
                .then(Mono.fromRunnable(() -> failpoints.pass(Failpoint.AFTER_EFFECT)));
    }

    Mono<Void> doOne(String consumer, Event<Work> event, Connection connection) {
        return Delivery.current().flatMap(delivery -> {
            failpoints.pass(Failpoint.BEFORE_EFFECT);
            return write(consumer, event, delivery.attempt(), connection)
                    .then(Mono.<Void>fromRunnable(() -> failpoints.pass(Failpoint.AFTER_EFFECT)))
                    .then(besides(event, delivery.attempt(), connection));
        });
    }

    private Mono<Void> write(String consumer, Event<Work> event, int attempt, Connection connection) {
        String key = event.key() == null ? "" : event.key();
        return Flux.from(connection
                        .createStatement(EFFECT)
                        .bind(0, consumer)
                        .bind(1, event.id())
                        .bind(2, key)
                        .bind(3, node)
                        .bind(4, attempt)
                        .execute())
                .flatMap(result -> result.getRowsUpdated())
                .then();
    }

    private Mono<Void> besides(Event<Work> event, int attempt, Connection connection) {
        String task = event.payload().task();
        String[] words = task.split(" ", -1);
        return switch (words[0]) {
            case "" -> Mono.empty();
            case "halt" -> Mono.fromRunnable(() -> Failpoints.halt("halt"));
            case "hold" -> holding(event).then(released.asMono());
            case "hold-then-fail" -> holding(event).then(failing.asMono()).then(attempt == 1 ? failed() : Mono.empty());
            case "fail" -> failed();
            case "slow" ->
                Mono.delay(Duration.ofMillis(Long.parseLong(words[1]))).then();
            case "count" -> count(1, connection);
            case "lock" -> lock(Integer.parseInt(words[1]), Integer.parseInt(words[2]), connection);
            default -> Mono.error(new IllegalArgumentException("No task '" + task + "'"));
        };
    }

    private static Mono<Void> holding(Event<Work> event) {
        return Mono.fromRunnable(() -> Tell.line("holding " + event.id()));
    }

    private static Mono<Void> failed() {
        return Mono.error(new IllegalStateException("as asked for"));
    }

    /** Waits, once, until the one with the opposite order has its first lock too: then nobody can go on. */
    private Mono<Void> lock(int first, int second, Connection connection) {
        return count(first, connection)
                .then(Mono.defer(() -> {
                    meeting(first).tryEmitEmpty();
                    return meeting(second).asMono();
                }))
                .then(Mono.defer(() -> count(second, connection)));
    }

    private Sinks.Empty<Void> meeting(int counter) {
        return meetings.computeIfAbsent("counter " + counter, name -> Sinks.empty());
    }

    private static Mono<Void> count(int counter, Connection connection) {
        return Flux.from(connection.createStatement(COUNT).bind(0, counter).execute())
                .flatMap(result -> result.getRowsUpdated())
                .then()
                .doOnError(error -> Tell.line("conflict " + error.getClass().getSimpleName()));
    }
}
