package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/** The poll: one statement for all consumers of the node tells which of them have work that no signal told of. */
final class Sweep {

    // The clock_timestamp() of the result is harmless; the comparison with due_at is left to who promotes.
    private static final String LOOK = """
            SELECT consumer.id::int4 AS id,
                   coalesce((SELECT seq FROM ${schema}.inbox
                              WHERE consumer_id = consumer.id AND state = 0
                              ORDER BY seq LIMIT 1), 9223372036854775807) AS lowest_seq,
                   coalesce((SELECT ceil(extract(epoch FROM due_at - clock_timestamp()) * 1000)::int8
                               FROM ${schema}.inbox
                              WHERE consumer_id = consumer.id AND state = 1
                              ORDER BY due_at LIMIT 1), 9223372036854775807) AS due_in
              FROM ${schema}.consumer
             WHERE consumer.id = ANY ($1::int4[])
            """;

    private static final double JITTER = 0.2;

    private final Node node;
    private final Supplier<Stream<Integer>> consumers;
    private final Disposable.Swap polling = Disposables.swap();

    Sweep(Node node, Supplier<Stream<Integer>> consumers) {
        this.node = node;
        this.consumers = consumers;
    }

    void start() {
        polling.update(Mono.defer(() -> Mono.delay(jittered()))
                .then(Mono.defer(this::look))
                .onErrorResume(this::report)
                .repeat()
                .subscribe());
    }

    void stop() {
        polling.dispose();
    }

    private Mono<Void> look() {
        Integer[] ids = consumers.get().toArray(Integer[]::new);
        return ids.length == 0
                ? Mono.empty()
                : node.upkeep()
                        .query(node.upkeep().sql(LOOK), statement -> statement.bind(0, ids), Sweep::hint)
                        .collectList()
                        .doOnNext(node.wakeUp()::here)
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

    private static Hint hint(Readable row) {
        return new Hint(
                Rows.required(row, "id", Integer.class),
                Rows.required(row, "lowest_seq", Long.class),
                Rows.required(row, "due_in", Long.class));
    }
}
