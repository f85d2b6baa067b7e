package io.penstock.bus.r2dbc;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.InvalidConsumerException;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.util.Collection;
import reactor.core.publisher.Mono;

/** The durable subscriptions: registers them, and removes them for good. */
final class Consumers {

    // Patterns are only ever added: while nodes of two versions run side by side, the older one must not take away
    // what the newer one asked for.
    private static final String UPDATE = """
            UPDATE ${schema}.consumer
               SET patterns = ARRAY(SELECT DISTINCT unnest(patterns || $2::text[]) ORDER BY 1),
                   likes = ARRAY(SELECT DISTINCT unnest(likes || $3::text[]) ORDER BY 1),
                   ordered = $4
             WHERE name = $1
            RETURNING id::int4 AS id, partitions, paused
            """;

    // Only for a new name: even an INSERT that finds a conflict uses up one of the 32,767 numbers.
    private static final String INSERT = """
            INSERT INTO ${schema}.consumer (name, patterns, likes, ordered, partitions)
            VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (name) DO NOTHING
            RETURNING id::int4 AS id, partitions, paused
            """;

    // For a consumer that is not, or no longer, ordered: nothing waits behind anything.
    private static final String FREE = """
            UPDATE ${schema}.inbox
               SET holds_key = false,
                   due_at = CASE WHEN state = 2 THEN statement_timestamp() ELSE due_at END,
                   state = CASE WHEN state = 2 THEN 1 ELSE state END
             WHERE consumer_id = $1 AND holds_key
            """;

    private static final String SLICE = """
            INSERT INTO ${schema}.partition_lease (consumer_id, partition)
            SELECT $1, slice FROM generate_series(0, $2::int4 - 1) AS slice
                ON CONFLICT DO NOTHING
            """;

    private static final String PAUSE = "UPDATE ${schema}.consumer SET paused = $2 WHERE name = $1";

    private static final String DELETE = "DELETE FROM ${schema}.consumer WHERE name = $1 RETURNING id::int4 AS id";

    private static final String FORGET = """
            DELETE FROM ${schema}.inbox
             WHERE consumer_id = $1 AND state = ANY ('{0,1,2,3}'::int2[]) AND seq = ANY (ARRAY(
                   SELECT seq FROM ${schema}.inbox WHERE consumer_id = $1 LIMIT 10000))
            """;

    private final Database database;

    Consumers(Database database) {
        this.database = database;
    }

    Mono<Registered> register(ConsumerSpec<?> spec) {
        return database.transaction(connection -> write(connection, spec));
    }

    /** Stores whether a consumer is paused; errors when there is none of that name. */
    Mono<Void> pause(String name, boolean paused) {
        return database.update(
                        database.sql(PAUSE),
                        statement -> statement.bind(0, name).bind(1, paused))
                .filter(changed -> changed > 0)
                .switchIfEmpty(
                        Mono.error(() -> new InvalidConsumerException("No consumer '" + name + "' is registered")))
                .then();
    }

    Mono<Boolean> delete(String name) {
        return database.query(
                        database.sql(DELETE),
                        statement -> statement.bind(0, name),
                        row -> Rows.required(row, "id", Integer.class))
                .next()
                .flatMap(id -> forget(id).thenReturn(true))
                .defaultIfEmpty(false);
    }

    private Mono<Registered> write(Connection connection, ConsumerSpec<?> spec) {
        return update(connection, spec)
                .switchIfEmpty(insert(connection, spec))
                // Inserted by another node in the meantime.
                .switchIfEmpty(update(connection, spec))
                .flatMap(slices -> slices.require(spec))
                .flatMap(slices -> slice(connection, slices)
                        .then(free(connection, slices, spec))
                        .thenReturn(new Registered(slices.consumerId(), spec, slices.paused())));
    }

    private Mono<Slices> update(Connection connection, ConsumerSpec<?> spec) {
        return Database.rows(connection, database.sql(UPDATE), statement -> bind(statement, spec), Slices::of)
                .next();
    }

    private Mono<Slices> insert(Connection connection, ConsumerSpec<?> spec) {
        return Database.rows(
                        connection,
                        database.sql(INSERT),
                        statement ->
                                bind(statement, spec).bind(4, spec.options().partitions()),
                        Slices::of)
                .next();
    }

    private static Statement bind(Statement statement, ConsumerSpec<?> spec) {
        return statement
                .bind(0, spec.name())
                .bind(1, spec.patterns().toArray(String[]::new))
                .bind(2, likes(spec.patterns()))
                .bind(3, spec.options().ordered());
    }

    private Mono<Long> free(Connection connection, Slices slices, ConsumerSpec<?> spec) {
        return spec.options().ordered()
                ? Mono.just(0L)
                : Database.changed(connection, database.sql(FREE), statement -> statement.bind(0, slices.consumerId()));
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

    static String[] likes(Collection<String> patterns) {
        return patterns.stream().map(Consumers::like).toArray(String[]::new);
    }

    /** The event type pattern as SQL's LIKE understands it. */
    static String like(String pattern) {
        return pattern.replace("_", "\\_").replace('*', '%');
    }

    private record Slices(int consumerId, int partitions, boolean paused) {

        static Slices of(Readable row) {
            return new Slices(
                    Rows.required(row, "id", Integer.class),
                    Rows.required(row, "partitions", Integer.class),
                    Rows.required(row, "paused", Boolean.class));
        }

        Mono<Slices> require(ConsumerSpec<?> spec) {
            int asked = spec.options().partitions();
            return asked == partitions
                    ? Mono.just(this)
                    : Mono.error(new InvalidConsumerException("Consumer '" + spec.name() + "' asks for " + asked
                            + " partitions, but is registered with " + partitions + ", which is fixed for good"));
        }
    }
}
