package io.penstock.bus.r2dbc;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.InvalidConsumerException;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.util.Collection;
import reactor.core.publisher.Mono;

/** The durable subscriptions: registers them, and removes them for good. */
final class Consumers {

    // Patterns are only ever added: while nodes of two versions run side by side, the older one must not take away
    // what the newer one asked for.
    private static final String REGISTER = """
            INSERT INTO ${schema}.consumer AS known (name, patterns, likes, partitions, ordered)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (name) DO UPDATE
               SET patterns = ARRAY(SELECT DISTINCT unnest(known.patterns || excluded.patterns) ORDER BY 1),
                   likes = ARRAY(SELECT DISTINCT unnest(known.likes || excluded.likes) ORDER BY 1),
                   ordered = excluded.ordered
            RETURNING id::int4 AS id, partitions
            """;

    private static final String SLICE = """
            INSERT INTO ${schema}.partition_lease (consumer_id, partition)
            SELECT $1, slice FROM generate_series(0, $2::int4 - 1) AS slice
                ON CONFLICT DO NOTHING
            """;

    private static final String DELETE = "DELETE FROM ${schema}.consumer WHERE name = $1 RETURNING id::int4 AS id";

    private static final String FORGET = """
            DELETE FROM ${schema}.inbox
             WHERE (consumer_id, state, seq) IN (
                   SELECT consumer_id, state, seq FROM ${schema}.inbox WHERE consumer_id = $1 LIMIT 10000)
            """;

    private final Database database;

    Consumers(Database database) {
        this.database = database;
    }

    Mono<Registered> register(ConsumerSpec<?> spec) {
        return database.transaction(connection -> write(connection, spec));
    }

    Mono<Boolean> delete(String name) {
        return database.query(database.sql(DELETE), statement -> statement.bind(0, name), Consumers::id)
                .next()
                .flatMap(id -> forget(id).thenReturn(true))
                .defaultIfEmpty(false);
    }

    private Mono<Registered> write(Connection connection, ConsumerSpec<?> spec) {
        return Database.rows(
                        connection,
                        database.sql(REGISTER),
                        statement -> statement
                                .bind(0, spec.name())
                                .bind(1, spec.patterns().toArray(String[]::new))
                                .bind(2, likes(spec.patterns()))
                                .bind(3, spec.options().partitions())
                                .bind(4, spec.options().ordered()),
                        row -> new Slices(id(row), Rows.required(row, "partitions", Integer.class)))
                .single()
                .flatMap(slices -> slices.require(spec))
                .flatMap(slices -> slice(connection, slices).thenReturn(new Registered(slices.consumerId(), spec)));
    }

    private Mono<Long> slice(Connection connection, Slices slices) {
        return Database.changed(
                connection,
                database.sql(SLICE),
                statement -> statement.bind(0, slices.consumerId()).bind(1, slices.partitions()));
    }

    private Mono<Void> forget(int consumerId) {
        return database.update(database.sql(FORGET), statement -> statement.bind(0, consumerId))
                .repeat()
                .takeUntil(deleted -> deleted == 0)
                .then();
    }

    private static int id(Readable row) {
        return Rows.required(row, "id", Integer.class);
    }

    static String[] likes(Collection<String> patterns) {
        return patterns.stream().map(Consumers::like).toArray(String[]::new);
    }

    /** The event type pattern as SQL's LIKE understands it. */
    static String like(String pattern) {
        return pattern.replace("_", "\\_").replace('*', '%');
    }

    private record Slices(int consumerId, int partitions) {

        Mono<Slices> require(ConsumerSpec<?> spec) {
            int asked = spec.options().partitions();
            return asked == partitions
                    ? Mono.just(this)
                    : Mono.error(new InvalidConsumerException("Consumer '" + spec.name() + "' asks for " + asked
                            + " partitions, but is registered with " + partitions + ", which is fixed for good"));
        }
    }
}
