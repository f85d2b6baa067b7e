package io.penstock.bus.r2dbc;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Sees to it that an event which kills its node ends as a dead letter, and that the events beside it do not.
 *
 * <p>Design note: when a partition's owner died, one of the rows that were there may have killed it. Before a handler is
 * begun on such a row, that is stored; any ending that is recorded takes it back. A row that is read with it was being
 * handled, next to others, when its node died: from then on it runs one at a time with its like on its node, and that it
 * was begun is counted. So only what ran alone among all suspected rows when its node died has used an attempt.
 */
final class Suspects {

    // A locked row is in a transaction elsewhere, for which its own will wait: the others do not.
    private static final String MARK = """
            UPDATE ${schema}.inbox SET begun = 1
             WHERE consumer_id = $1 AND state = 0 AND begun = 0 AND seq = ANY (ARRAY(
                   SELECT seq FROM ${schema}.inbox
                    WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])
                      FOR UPDATE SKIP LOCKED))
            """;

    private static final String COUNT = """
            UPDATE ${schema}.inbox SET begun = begun + 1
             WHERE consumer_id = $1 AND state = 0 AND seq = $2 AND attempts = $3 AND begun = $4
            """;

    private static final String TAKE_BACK = """
            UPDATE ${schema}.inbox SET begun = before.begun
              FROM unnest($2::int8[], $3::int4[]) AS before (seq, begun)
             WHERE consumer_id = $1 AND state = 0 AND inbox.seq = before.seq AND inbox.seq = ANY ($2::int8[])
            """;

    private static final int MOST_ROWS = 1_000;

    private final Node node;
    private final int consumerId;
    private final Ownership ownership;
    private final Scheduler threads;
    private final Map<Long, Integer> begun = new ConcurrentHashMap<>();
    private final Gatherer<Marking> marking;

    Suspects(Node node, int consumerId, Ownership ownership, Scheduler threads) {
        this.node = node;
        this.consumerId = consumerId;
        this.ownership = ownership;
        this.threads = threads;
        this.marking = new Gatherer<>(1, this::flush, Marking::size, MOST_ROWS, MOST_ROWS);
    }

    /** Whether a unit has rows that may have killed a node. */
    boolean concern(DeliveryUnit<?> unit) {
        for (Claimed row : unit.rows()) {
            if (concern(row)) {
                return true;
            }
        }
        return false;
    }

    boolean concern(Claimed row) {
        return row.isSuspected() || ownership.isSuspect(row);
    }

    /** Begins a unit that is of concern: when it is stored that it is begun, or in its turn. */
    <T> Mono<List<Ended>> guard(DeliveryUnit<T> unit, Function<DeliveryUnit<T>, Mono<List<Ended>>> begin) {
        return unit.rows().get(0).isSuspected()
                ? node.isolation().alone(Mono.defer(() -> countAndBegin(unit, begin)))
                : markAndBegin(unit, begin);
    }

    /** What was begun and cut short by a stop has killed nobody. */
    Mono<Void> takeBack() {
        Map<Long, Integer> cut = new HashMap<>(begun);
        return cut.isEmpty()
                ? Mono.empty()
                : node.database()
                        .update(
                                node.database().sql(TAKE_BACK),
                                statement -> statement
                                        .bind(0, consumerId)
                                        .bind(1, cut.keySet().toArray(Long[]::new))
                                        .bind(2, cut.values().toArray(Integer[]::new)))
                        .then();
    }

    private <T> Mono<List<Ended>> markAndBegin(
            DeliveryUnit<T> unit, Function<DeliveryUnit<T>, Mono<List<Ended>>> begin) {
        return remembered(unit.rows(), mark(unit.rows()).then(Mono.defer(() -> beginIfOurs(unit.mark(), begin))));
    }

    private <T> Mono<List<Ended>> countAndBegin(
            DeliveryUnit<T> unit, Function<DeliveryUnit<T>, Mono<List<Ended>>> begin) {
        Claimed row = unit.rows().get(0);
        if (!ownership.mayStart(row)) {
            return notOurs(unit);
        }
        return remembered(
                unit.rows(), count(row).flatMap(counted -> counted == 1 ? beginIfOurs(unit, begin) : notOurs(unit)));
    }

    /** Writing may have taken long. */
    private <T> Mono<List<Ended>> beginIfOurs(
            DeliveryUnit<T> unit, Function<DeliveryUnit<T>, Mono<List<Ended>>> begin) {
        return unit.rows().stream().allMatch(ownership::mayStart)
                ? Mono.defer(() -> begin.apply(unit)).subscribeOn(threads)
                : notOurs(unit);
    }

    private static <T> Mono<List<Ended>> notOurs(DeliveryUnit<T> unit) {
        return Mono.fromCallable(() -> unit.end(row -> Ended.notAttempted(row, Opening.NOT_OURS)));
    }

    /** Until the end, of which a cancel is none. */
    private <T> Mono<T> remembered(List<Claimed> rows, Mono<T> run) {
        return Mono.defer(() -> {
            rows.forEach(row -> begun.put(row.seq(), row.begun()));
            return run.doOnTerminate(() -> rows.forEach(row -> begun.remove(row.seq())));
        });
    }

    private Mono<Long> count(Claimed row) {
        return node.database()
                .update(
                        node.database().sql(COUNT),
                        statement -> statement
                                .bind(0, consumerId)
                                .bind(1, row.seq())
                                .bind(2, row.attempts())
                                .bind(3, row.begun()));
    }

    private Mono<Void> mark(List<Claimed> rows) {
        return Mono.defer(() -> {
            Marking mine = new Marking(rows.stream().map(Claimed::seq).toList(), Sinks.empty());
            marking.submit(mine);
            return mine.done().asMono();
        });
    }

    private Mono<Void> flush(List<Marking> batch) {
        Long[] seqs = batch.stream().flatMap(marking -> marking.seqs().stream()).toArray(Long[]::new);
        return node.database()
                .update(
                        node.database().sql(MARK),
                        statement -> statement.bind(0, consumerId).bind(1, seqs))
                .doOnSuccess(marked -> batch.forEach(marking -> marking.done().tryEmitEmpty()))
                .onErrorResume(error -> failed(batch, error))
                .then();
    }

    private static Mono<Long> failed(List<Marking> batch, Throwable error) {
        batch.forEach(marking -> marking.done().tryEmitError(error));
        return Mono.empty();
    }

    private record Marking(List<Long> seqs, Sinks.Empty<Void> done) {

        int size() {
            return seqs.size();
        }
    }
}
