package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * The poll: one statement for all consumers of the node tells which of them have work that no signal told of, and which
 * are paused.
 */
final class Sweep {

    // The clock_timestamp() of the result is harmless; the comparison with due_at is left to who promotes. Of busy
    // consumers nothing that is ready is looked for: the server would pass all they have removed since the last time.
    private static final String LOOK = """
            SELECT consumer.id::int4 AS id, consumer.paused,
                   coalesce(CASE WHEN consumer.id <> ALL ($2::int4[])
                                 THEN (SELECT seq FROM ${schema}.inbox
                                        WHERE consumer_id = consumer.id AND state = 0
                                        ORDER BY seq LIMIT 1)
                            END, 9223372036854775807) AS lowest_seq,
                   coalesce((SELECT ceil(extract(epoch FROM due_at - clock_timestamp()) * 1000)::int8
                               FROM ${schema}.inbox
                              WHERE consumer_id = consumer.id AND state = 1
                              ORDER BY due_at LIMIT 1), 9223372036854775807) AS due_in
              FROM ${schema}.consumer
             WHERE consumer.id = ANY ($1::int4[])
            """;

    private static final double JITTER = 0.2;
    private static final Integer[] NONE = {};
    // Whoever works through a backlog comes to what is new by itself, so a busy one is looked at now and then only.
    private static final int POLLS_TO_ONE_FOR_ALL = 5;

    private final Node node;
    private final Supplier<Map<Integer, Dispatcher>> consumers;
    private final Loop looking;
    private final Disposable.Swap polling = Disposables.swap();
    private int polls;

    Sweep(Node node, Supplier<Map<Integer, Dispatcher>> consumers) {
        this.node = node;
        this.consumers = consumers;
        this.looking = new Loop(this::look, error -> node.listener().failed("poll", error));
    }

    void start() {
        polling.update(Mono.defer(() -> Mono.delay(jittered()))
                .then(Mono.defer(this::poll))
                .onErrorResume(this::report)
                .repeat()
                .subscribe());
    }

    void stop() {
        polling.dispose();
        looking.stop().subscribe();
    }

    /** Looks as soon as it can, because another node said so. */
    void lookSoon() {
        looking.signal();
    }

    /** Looks now. */
    Mono<Void> look() {
        return look(NONE);
    }

    private Mono<Void> poll() {
        return look(++polls % POLLS_TO_ONE_FOR_ALL == 0 ? NONE : busy());
    }

    private Integer[] busy() {
        return consumers.get().values().stream()
                .filter(Dispatcher::readsOn)
                .map(Dispatcher::consumerId)
                .toArray(Integer[]::new);
    }

    private Mono<Void> look(Integer[] busy) {
        Integer[] ids = consumers.get().keySet().toArray(Integer[]::new);
        return ids.length == 0
                ? Mono.empty()
                : node.upkeep()
                        .query(
                                node.upkeep().sql(LOOK),
                                statement -> statement.bind(0, ids).bind(1, busy),
                                Found::of)
                        .collectList()
                        .doOnNext(found -> found.forEach(this::tell))
                        .then();
    }

    private Mono<Void> report(Throwable error) {
        node.listener().failed("poll", error);
        return Mono.empty();
    }

    /** Nodes that started together do not ask together. */
    private Duration jittered() {
        long nanos = node.options().pollInterval().toNanos();
        return Duration.ofNanos(
                (long) (nanos * (1 - JITTER * ThreadLocalRandom.current().nextDouble())));
    }

    private void tell(Found found) {
        Dispatcher dispatcher = consumers.get().get(found.hint().consumerId());
        if (dispatcher != null) {
            dispatcher.pausedEverywhere(found.paused());
            dispatcher.wake(found.hint());
        }
    }

    private record Found(Hint hint, boolean paused) {

        static Found of(Readable row) {
            Hint hint = new Hint(
                    Rows.required(row, "id", Integer.class),
                    Rows.required(row, "lowest_seq", Long.class),
                    Rows.required(row, "due_in", Long.class));
            return new Found(hint, Rows.required(row, "paused", Boolean.class));
        }
    }
}
