package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Sees to it that an event which kills its node ends as a dead letter, and that no other event does because of it.
 *
 * <p>Design note: when a partition's owner died, one of the rows that were there may have killed it. Before a handler is
 * begun on such a row, the row is marked as orphaned; any ending that is recorded takes the mark away. A row that is
 * read with the mark on was being handled when its node died, next to some others: from then on it runs alone on its
 * node, and its attempt is counted before it begins. So attempts are only counted for what was alone when its node died.
 */
final class Suspects {

    private static final String MARK =
            "UPDATE ${schema}.inbox SET orphaned = true WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])";

    private static final String COUNT = """
            UPDATE ${schema}.inbox SET attempts = attempts + 1
             WHERE consumer_id = $1 AND state = 0 AND seq = $2 AND attempts = $3
            """;

    private static final int MOST_ROWS = 1_000;

    private final Database database;
    private final int consumerId;
    private final Predicate<Claimed> isSuspect;
    private final String mark;
    private final String count;
    private final Gatherer<Marking> marking;

    /** @param isSuspect whether the owner of the row's partition died when the row was there */
    Suspects(Database database, int consumerId, Predicate<Claimed> isSuspect) {
        this.database = database;
        this.consumerId = consumerId;
        this.isSuspect = isSuspect;
        this.mark = database.sql(MARK);
        this.count = database.sql(COUNT);
        this.marking = new Gatherer<>(1, this::flush, Marking::size, MOST_ROWS, MOST_ROWS);
    }

    boolean isAmong(List<Claimed> rows) {
        return rows.stream().anyMatch(isSuspect);
    }

    /** Completes when it is stored that handlers are begun on these rows. */
    Mono<Void> mark(List<Claimed> rows) {
        return Mono.defer(() -> {
            Marking mine = new Marking(rows.stream().map(Claimed::seq).toList(), Sinks.empty());
            marking.submit(mine);
            return mine.done().asMono();
        });
    }

    /** Stores that an attempt is about to begin; empty when the row is not as it was read. */
    Mono<Claimed> count(Claimed row) {
        return database.update(
                        count,
                        statement ->
                                statement.bind(0, consumerId).bind(1, row.seq()).bind(2, row.attempts()))
                .filter(counted -> counted == 1)
                .map(counted -> row.count());
    }

    private Mono<Void> flush(List<Marking> batch) {
        Long[] seqs = batch.stream().flatMap(marking -> marking.seqs().stream()).toArray(Long[]::new);
        return database.update(mark, statement -> statement.bind(0, consumerId).bind(1, seqs))
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
