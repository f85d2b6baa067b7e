package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Outcome;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Writes one consumer's outcomes, as many at a time as have gathered. One statement for each kind of ending. */
final class Settlement {

    // Guarded by the attempts that were read: what another node has counted since is not overwritten. A row that is
    // locked belongs to a handler's transaction on another node, which may be frozen: it is read again instead.
    private static final String FAIL = """
            UPDATE ${schema}.inbox
               SET state = failed.state, attempts = failed.attempts, holds_key = failed.holds_key, begun = 0,
                   due_at = CASE WHEN failed.state = 1
                                 THEN coalesce(failed.at, statement_timestamp() + failed.delay * interval '1 millisecond')
                            END,
                   failed_at = coalesce(CASE WHEN failed.error IS NOT NULL THEN clock_timestamp() END, failed_at),
                   last_error = coalesce(failed.error, last_error)
              FROM unnest($2::int8[], $3::int4[], $4::int4[], $5::int4[], $6::bool[], $7::int8[], $8::timestamptz[],
                          $9::text[])
                   AS failed (seq, expected, attempts, state, holds_key, delay, at, error)
             WHERE inbox.consumer_id = $1 AND inbox.state = 0 AND inbox.seq = failed.seq
               AND inbox.attempts = failed.expected
               AND inbox.seq = ANY (ARRAY(
                   SELECT free.seq FROM ${schema}.inbox free
                    WHERE free.consumer_id = $1 AND free.state = 0 AND free.seq = ANY ($2::int8[])
                      FOR UPDATE SKIP LOCKED))
            RETURNING inbox.seq, inbox.failed_at,
                      ceil(extract(epoch FROM inbox.due_at - clock_timestamp()) * 1000)::int8 AS due_in
            """;

    private static final Instant FARTHEST = Instant.parse("9999-12-31T00:00:00Z");
    private static final int MOST_ROWS = 1_000;
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final Registered consumer;
    private final Node node;
    private final BusListener listener;
    private final Inbox inbox;
    private final Ownership ownership;
    private final String fail;
    private final Predicate<Claimed> freesKey;
    private final Consumer<List<Ended>> onSettled;
    private final Gatherer<List<Ended>> gatherer;
    private volatile boolean stopped;

    /** @param onSettled called with what was written, so that it can be forgotten */
    Settlement(
            Registered consumer,
            Node node,
            Ownership ownership,
            Predicate<Claimed> freesKey,
            Consumer<List<Ended>> onSettled) {
        this.ownership = ownership;
        this.consumer = consumer;
        this.node = node;
        this.listener = node.listener();
        this.inbox = new Inbox(node.database(), consumer.id());
        this.fail = node.database().sql(FAIL);
        this.freesKey = freesKey;
        this.onSettled = onSettled;
        this.gatherer = new Gatherer<>(1, this::flush, List::size, MOST_ROWS, MOST_ROWS);
    }

    /** A write that fails from now on is given up: what is not recorded is delivered again. */
    void stop() {
        stopped = true;
    }

    /** One unit goes together: were its failed head forgotten first, what comes behind it could be overtaken. */
    void settle(List<Ended> unit) {
        gatherer.submit(unit);
    }

    private Mono<Void> flush(List<List<Ended>> units) {
        List<Ended> all = new ArrayList<>(units.size());
        // Most units are of one, for which addAll makes an array.
        units.forEach(unit -> unit.forEach(all::add));
        return Mono.defer(() -> write(sorted(all)))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, SHORTEST_PAUSE)
                        .maxBackoff(LONGEST_PAUSE)
                        .filter(error -> !stopped && DatabaseErrors.isPassing(error))
                        .doBeforeRetry(retry -> report(retry.failure())))
                .doOnSuccess(written -> onSettled.accept(all))
                .onErrorResume(error -> givenUp(units, all, error));
    }

    /** Anew for each try: failures of rows that are another node's by now are not written. */
    private Batch sorted(List<Ended> all) {
        Batch batch = new Batch();
        all.forEach(ended -> sort(ended, batch));
        batch.failed.removeIf(ended -> !ownership.mayEnd(ended.row()));
        return batch;
    }

    private Mono<Void> write(Batch batch) {
        return remove(batch).then(Mono.defer(() -> fail(batch)));
    }

    /** One outcome that cannot be written must not hold up the others; what is not recorded is delivered again. */
    private Mono<Void> givenUp(List<List<Ended>> units, List<Ended> all, Throwable error) {
        report(error);
        if (units.size() > 1 && !stopped) {
            return Flux.fromIterable(units)
                    .concatMap(unit -> flush(List.of(unit)))
                    .then();
        }
        onSettled.accept(all);
        return Mono.empty();
    }

    private void report(Throwable error) {
        listener.failed("settle " + consumer.name(), error);
    }

    private void sort(Ended ended, Batch batch) {
        Outcome outcome = ended.outcome();
        if (outcome instanceof Outcome.Completed && !ended.removed()) {
            batch.done.add(ended.row());
        } else if (outcome instanceof Outcome.Retry || outcome instanceof Outcome.Dead) {
            batch.failed.add(ended);
        } else if (outcome instanceof Outcome.Released released
                && (!released.delay().isZero() || ended.row().isSuspected())) {
            batch.failed.add(ended);
        }
        boolean goesOn = ended.letsKeyGoOn(consumer.deadHoldsKey()) && !ended.removed();
        if (goesOn && freesKey.test(ended.row())) {
            batch.freedKeys.add(ended.row().keyHash());
        }
    }

    private Mono<Void> remove(Batch batch) {
        if (batch.done.isEmpty() && batch.freedKeys.isEmpty()) {
            return Mono.empty();
        }
        return inbox.removeAndRelease(batch.done, batch.freedKeys).doOnSuccess(done -> wakeForFreed(batch));
    }

    private void wakeForFreed(Batch batch) {
        if (!batch.freedKeys.isEmpty()) {
            node.wakeUp().here(List.of(new Hint(consumer.id(), Hint.NOTHING_READY, 0)));
        }
    }

    private Mono<Void> fail(Batch batch) {
        if (batch.failed.isEmpty()) {
            return Mono.empty();
        }
        Map<Long, Ended> bySeq = new HashMap<>();
        batch.failed.forEach(ended -> bySeq.put(ended.row().seq(), ended));
        return node.database()
                .query(fail, statement -> bind(statement, batch.failed), Written::of)
                .doOnNext(written -> report(bySeq.get(written.seq()), written))
                .then();
    }

    private void bind(Statement statement, List<Ended> failed) {
        statement
                .bind(0, consumer.id())
                .bind(1, column(failed, Long[]::new, ended -> ended.row().seq()))
                .bind(2, column(failed, Integer[]::new, ended -> ended.row().attempts()))
                .bind(3, column(failed, Integer[]::new, Settlement::attempts))
                .bind(4, column(failed, Integer[]::new, ended -> isDead(ended) ? 3 : 1))
                .bind(5, column(failed, Boolean[]::new, this::holdsKey))
                .bind(6, column(failed, Long[]::new, Settlement::delayMillis))
                .bind(7, column(failed, OffsetDateTime[]::new, Settlement::at))
                .bind(8, column(failed, String[]::new, Settlement::error));
    }

    private static <V> @Nullable V[] column(
            List<Ended> failed, IntFunction<@Nullable V[]> array, Function<Ended, ? extends @Nullable V> value) {
        return failed.stream().map(value).toArray(array);
    }

    private static int attempts(Ended ended) {
        return ended.attempted() ? ended.row().attempt() : ended.row().failures();
    }

    private static boolean isDead(Ended ended) {
        return ended.outcome() instanceof Outcome.Dead;
    }

    private boolean holdsKey(Ended ended) {
        return isDead(ended) ? consumer.deadHoldsKey() : consumer.isOrdered();
    }

    private static long delayMillis(Ended ended) {
        Outcome outcome = ended.outcome();
        if (outcome instanceof Outcome.Retry retry) {
            return retry.delay().toMillis();
        }
        return outcome instanceof Outcome.Released released ? released.delay().toMillis() : 0;
    }

    private static @Nullable OffsetDateTime at(Ended ended) {
        Instant at = ended.outcome() instanceof Outcome.Retry retry ? retry.at() : null;
        return at == null ? null : (at.isBefore(FARTHEST) ? at : FARTHEST).atOffset(ZoneOffset.UTC);
    }

    private static @Nullable String error(Ended ended) {
        Outcome outcome = ended.outcome();
        if (outcome instanceof Outcome.Retry retry) {
            return ErrorText.of(retry.cause());
        }
        return outcome instanceof Outcome.Dead dead ? ErrorText.of(dead.cause()) : null;
    }

    private void report(@Nullable Ended ended, Written written) {
        if (ended == null) {
            return;
        }
        if (ended.outcome() instanceof Outcome.Dead) {
            listener.deadLettered(letter(ended, written));
        } else {
            node.wakeUp().here(List.of(new Hint(consumer.id(), Hint.NOTHING_READY, written.dueInMillis())));
        }
    }

    private DeadLetter letter(Ended ended, Written written) {
        return new DeadLetter(
                consumer.name(),
                ended.row().event(),
                DeadLetterQueue.position(ended.row().seq(), consumer.id()),
                attempts(ended),
                String.valueOf(error(ended)),
                written.failedAt());
    }

    /** What one flush has to write. */
    private static final class Batch {
        private final List<Claimed> done = new ArrayList<>();
        private final Set<Long> freedKeys = new HashSet<>();
        private final List<Ended> failed = new ArrayList<>();
    }

    private record Written(long seq, Instant failedAt, long dueInMillis) {

        static Written of(Readable row) {
            Instant failedAt = row.get("failed_at", Instant.class);
            Long dueIn = row.get("due_in", Long.class);
            return new Written(
                    Rows.required(row, "seq", Long.class),
                    failedAt == null ? Instant.EPOCH : failedAt,
                    dueIn == null ? Hint.NOTHING_DUE : Math.max(0, dueIn));
        }
    }
}
