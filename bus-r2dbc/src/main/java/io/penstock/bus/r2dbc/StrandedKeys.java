package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Readable;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Lets go on what is parked behind nothing.
 *
 * <p>Design note: whoever ends a row lets go what is parked behind it. A node that was frozen between deciding that
 * nothing is and writing so, while a new owner parked something there, leaves it behind for good. A parked row that is
 * the first of its key among those that hold it waits for nobody, or for a ready row that it would line up behind anyway;
 * either way it may go on. The walk jumps from key to key along the index, so it costs by the number of keys that hold
 * something and not by what is parked.
 */
final class StrandedKeys {

    private static final String FREE = """
            WITH RECURSIVE head AS (
                (SELECT consumer_id, key_hash, seq, state FROM ${schema}.inbox
                  WHERE holds_key AND (consumer_id, key_hash) > ($1, $2)
                  ORDER BY consumer_id, key_hash, seq LIMIT 1)
                UNION ALL
                SELECT next.* FROM head
                 CROSS JOIN LATERAL (
                       SELECT consumer_id, key_hash, seq, state FROM ${schema}.inbox
                        WHERE holds_key AND (consumer_id, key_hash) > (head.consumer_id, head.key_hash)
                        ORDER BY consumer_id, key_hash, seq LIMIT 1) AS next
            ), page AS MATERIALIZED (
                SELECT * FROM head LIMIT $3
            ), freed AS (
                UPDATE ${schema}.inbox SET state = 1, due_at = now()
                  FROM page
                 WHERE page.state = 2 AND inbox.consumer_id = page.consumer_id AND inbox.state = 2
                   AND inbox.seq = page.seq
                   AND inbox.consumer_id = ANY (ARRAY(SELECT consumer_id FROM page WHERE state = 2))
                   AND inbox.seq = ANY (ARRAY(SELECT seq FROM page WHERE state = 2))
                RETURNING inbox.consumer_id
            )
            SELECT count(*)::int4 AS keys,
                   coalesce((SELECT consumer_id::int4 FROM page ORDER BY consumer_id DESC, key_hash DESC LIMIT 1), 0)
                       AS last_consumer,
                   coalesce((SELECT key_hash FROM page ORDER BY consumer_id DESC, key_hash DESC LIMIT 1), 0) AS last_key,
                   ARRAY(SELECT DISTINCT consumer_id::int4 FROM freed) AS consumers
              FROM page
            """;

    private static final int KEYS_AT_ONCE = 1_000;

    private final Database database;
    private final WakeUp wakeUp;

    StrandedKeys(Node node) {
        this.database = node.database();
        this.wakeUp = node.wakeUp();
    }

    /** Completes when all keys have been looked at. */
    Mono<Void> free() {
        return page(0, Long.MIN_VALUE)
                .expand(page -> page.isLast() ? Mono.empty() : page(page.lastConsumer(), page.lastKey()))
                .doOnNext(page -> wakeUp.committed(page.hints()))
                .then();
    }

    private Mono<Page> page(int afterConsumer, long afterKey) {
        return database.query(
                        database.sql(FREE),
                        statement -> statement
                                .bind(0, afterConsumer)
                                .bind(1, afterKey)
                                .bind(2, KEYS_AT_ONCE),
                        Page::of)
                .single();
    }

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Page(int keys, int lastConsumer, long lastKey, Integer[] consumers) {

        static Page of(Readable row) {
            return new Page(
                    Rows.required(row, "keys", Integer.class),
                    Rows.required(row, "last_consumer", Integer.class),
                    Rows.required(row, "last_key", Long.class),
                    Rows.required(row, "consumers", Integer[].class));
        }

        boolean isLast() {
            return keys < KEYS_AT_ONCE;
        }

        List<Hint> hints() {
            return List.of(consumers).stream()
                    .map(consumer -> new Hint(consumer, Hint.NOTHING_READY, 0))
                    .toList();
        }
    }
}
