package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Readable;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The leases as they stand in the database, by the database's clock, written on the node's connection for upkeep. */
final class LeaseTable {

    private static final String BEAT = """
            WITH me AS (
                INSERT INTO ${schema}.node (id, name, consumers) VALUES ($1, $2, $5::int2[])
                    ON CONFLICT (id) DO UPDATE SET consumers = excluded.consumers, seen_at = clock_timestamp()
            ), renewed AS (
                UPDATE ${schema}.partition_lease
                   SET expires_at = clock_timestamp() + $4::int8 * interval '1 millisecond'
                 WHERE node_id = $1 AND consumer_id = ANY ($3::int2[]) AND expires_at > clock_timestamp()
                RETURNING consumer_id, partition
            ), left_over AS (
                UPDATE ${schema}.partition_lease SET node_id = NULL, expires_at = NULL
                 WHERE node_id = $1 AND consumer_id <> ALL ($3::int2[])
            ), alive AS (
                SELECT id, unnest(consumers) AS consumer_id
                  FROM ${schema}.node
                 WHERE id <> $1 AND seen_at > clock_timestamp() - $4::int8 * interval '1 millisecond'
            )
            SELECT consumer.id::int4 AS id, consumer.partitions,
                   ARRAY(SELECT partition::int4 FROM renewed WHERE consumer_id = consumer.id) AS held,
                   (SELECT count(*) FROM alive WHERE consumer_id = consumer.id)::int4 AS others,
                   (SELECT count(*) FROM alive WHERE consumer_id = consumer.id AND alive.id < $1)::int4 AS before
              FROM ${schema}.consumer
             WHERE consumer.id = ANY ($3::int2[])
            """;

    private static final String TAKE = """
            WITH free AS (
                SELECT partition
                  FROM ${schema}.partition_lease
                 WHERE consumer_id = $2 AND (node_id IS NULL OR expires_at <= clock_timestamp())
                 ORDER BY partition
                 LIMIT $3
                   FOR UPDATE SKIP LOCKED
            )
            UPDATE ${schema}.partition_lease AS lease
               SET node_id = $1, suspect = node_id IS NOT NULL AND node_id <> $1,
                   expires_at = clock_timestamp() + $4::int8 * interval '1 millisecond'
              FROM free
             WHERE lease.consumer_id = $2 AND lease.partition = ANY (ARRAY[free.partition])
            RETURNING lease.partition::int4 AS partition, lease.suspect,
                      coalesce((SELECT max(seq) FROM ${schema}.outbox_event), 0) AS newest_seq
            """;

    private static final String RELEASE = """
            UPDATE ${schema}.partition_lease
               SET node_id = NULL, expires_at = NULL, suspect = false
             WHERE node_id = $1 AND consumer_id = $2 AND partition = ANY ($3::int4[])
            """;

    private static final String LEAVE = """
            WITH left_over AS (
                UPDATE ${schema}.partition_lease SET node_id = NULL, expires_at = NULL WHERE node_id = $1
            )
            DELETE FROM ${schema}.node WHERE id = $1
            """;

    private static final String BURY = """
            DELETE FROM ${schema}.node WHERE seen_at < clock_timestamp() - $1::int8 * interval '10 milliseconds'
            """;

    private final Node node;
    private final Database database;
    private final long leaseMillis;

    LeaseTable(Node node) {
        this.node = node;
        this.database = node.upkeep();
        this.leaseMillis = node.options().lease().toMillis();
    }

    /**
     * Says that the node lives, renews what it holds of these consumers, and emits where it stands with each. Those that
     * rest take no part in the sharing.
     */
    Flux<Share> beat(Collection<Integer> consumers, Set<Integer> resting) {
        Short[] ids = numbers(consumers.stream());
        Short[] active = numbers(consumers.stream().filter(consumer -> !resting.contains(consumer)));
        return database.query(
                database.sql(BEAT),
                statement -> statement
                        .bind(0, node.id())
                        .bind(1, node.name())
                        .bind(2, ids)
                        .bind(3, leaseMillis)
                        .bind(4, active),
                Share::of);
    }

    private static Short[] numbers(Stream<Integer> consumers) {
        return consumers.map(Integer::shortValue).toArray(Short[]::new);
    }

    /** Takes up to so many partitions of a consumer that nobody holds. */
    Mono<List<Taken>> take(int consumerId, int most) {
        return database.query(
                        database.sql(TAKE),
                        statement -> statement
                                .bind(0, node.id())
                                .bind(1, consumerId)
                                .bind(2, most)
                                .bind(3, leaseMillis),
                        Taken::of)
                .collectList();
    }

    Mono<Void> release(int consumerId, Collection<Integer> partitions) {
        return database.update(
                        database.sql(RELEASE),
                        statement -> statement
                                .bind(0, node.id())
                                .bind(1, consumerId)
                                .bind(2, partitions.toArray(Integer[]::new)))
                .then();
    }

    /** Takes the node off the list of the living, with all it holds. */
    Mono<Void> leave() {
        return database.update(database.sql(LEAVE), statement -> statement.bind(0, node.id()))
                .then();
    }

    /** Forgets nodes that have been silent for ten leases. */
    Mono<Void> bury() {
        return database.update(database.sql(BURY), statement -> statement.bind(0, leaseMillis))
                .then();
    }

    /** What the database says of one consumer: what is held, and this node's place among those that run it. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Share(int consumerId, int partitions, Integer[] held, int others, int before) {

        private static Share of(Readable row) {
            return new Share(
                    Rows.required(row, "id", Integer.class),
                    Rows.required(row, "partitions", Integer.class),
                    Rows.required(row, "held", Integer[].class),
                    Rows.required(row, "others", Integer.class),
                    Rows.required(row, "before", Integer.class));
        }

        /** Equal shares; the first nodes get one more where it does not divide. */
        int fair() {
            int nodes = others + 1;
            return partitions / nodes + (before < partitions % nodes ? 1 : 0);
        }
    }

    /**
     * A partition that was free.
     *
     * @param suspect its last owner never gave it back
     * @param newestSeq the newest event there was
     */
    record Taken(int partition, boolean suspect, long newestSeq) {

        private static Taken of(Readable row) {
            return new Taken(
                    Rows.required(row, "partition", Integer.class),
                    Rows.required(row, "suspect", Boolean.class),
                    Rows.required(row, "newest_seq", Long.class));
        }
    }
}
