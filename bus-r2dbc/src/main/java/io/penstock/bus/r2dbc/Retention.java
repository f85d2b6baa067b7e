package io.penstock.bus.r2dbc;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * Removes finished events after their retention, in bounded batches, one node at a time, never one still owed; and sees
 * to it that nothing stays parked behind nothing.
 */
final class Retention {

    // Walks the outbox in its order, page by page, as far as there is anything old on a page. An event that
    // some consumer still owes, or holds dead, is passed.
    private static final String RETIRE = """
            WITH turn AS MATERIALIZED (
                SELECT pg_try_advisory_xact_lock(hashtextextended('penstock retention ' || $4, 0)) AS mine
            ), page AS (
                SELECT seq, created_at < now() - $2::int8 * interval '1 millisecond' AS is_old
                  FROM ${schema}.outbox_event
                 WHERE (SELECT mine FROM turn) AND seq > $1
                 ORDER BY seq
                 LIMIT $3
            ), old AS (
                SELECT seq FROM page WHERE is_old
            ), retired AS (
                DELETE FROM ${schema}.outbox_event
                 WHERE seq = ANY (ARRAY(
                       SELECT old.seq FROM old
                        WHERE NOT EXISTS (
                              SELECT FROM ${schema}.consumer
                               CROSS JOIN LATERAL (
                                     SELECT FROM ${schema}.inbox
                                      WHERE inbox.consumer_id = consumer.id AND inbox.state = ANY ('{0,1,2,3}'::int2[])
                                        AND inbox.seq = old.seq OFFSET 0) AS owed)))
                RETURNING seq
            )
            SELECT (SELECT max(seq) FROM old) AS last, (SELECT count(*) FROM retired) AS retired
            """;

    // What publishers wrote for a consumer while it was being deleted.
    private static final String OWNERLESS = """
            DELETE FROM ${schema}.inbox
             WHERE consumer_id = ANY (ARRAY(
                   SELECT gone::int2 FROM generate_series(1, (SELECT max(consumer_id) FROM ${schema}.inbox)) AS gone
                    WHERE gone <> ALL (ARRAY(SELECT id FROM ${schema}.consumer))))
            """;

    private static final int BATCH = 1_000;

    private final Node node;
    private final Database database;
    private final StrandedKeys stranded;
    private final Disposable.Swap running = Disposables.swap();

    Retention(Node node) {
        this.node = node;
        this.database = node.database();
        this.stranded = new StrandedKeys(node);
    }

    void start() {
        Duration interval = node.options().retentionInterval();
        running.update(Mono.delay(interval)
                .then(Mono.defer(this::retire))
                .flatMap(retired -> stranded.free())
                .onErrorResume(this::report)
                .repeat()
                .subscribe());
    }

    void stop() {
        running.dispose();
    }

    /** Emits how many events were removed. */
    Mono<Long> retire() {
        return retireAfter(0)
                .expand(batch -> batch.last() == 0 ? Mono.empty() : retireAfter(batch.last()))
                .doOnNext(batch -> observe(batch.retired()))
                .reduce(0L, (sum, batch) -> sum + batch.retired())
                .flatMap(sum -> database.update(database.sql(OWNERLESS), statement -> {})
                        .thenReturn(sum));
    }

    private Mono<Batch> retireAfter(long seq) {
        return database.query(
                        database.sql(RETIRE),
                        statement -> statement
                                .bind(0, seq)
                                .bind(1, node.options().retention().toMillis())
                                .bind(2, BATCH)
                                .bind(3, database.schema().toString()),
                        row -> Batch.of(row.get("last", Long.class), Rows.required(row, "retired", Long.class)))
                .single();
    }

    private void observe(long retired) {
        if (retired > 0) {
            node.listener().retired(retired);
        }
    }

    private Mono<Void> report(Throwable error) {
        node.listener().failed("retention", error);
        return Mono.empty();
    }

    /** @param last where the batch ended; 0 when there was nothing old, or it is another node's turn */
    private record Batch(long last, long retired) {

        static Batch of(@Nullable Long last, long retired) {
            return new Batch(last == null ? 0 : last, retired);
        }
    }
}
