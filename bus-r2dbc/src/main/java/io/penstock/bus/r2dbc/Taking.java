package io.penstock.bus.r2dbc;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.Wrapped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/**
 * Begins a handler's transaction on a connection of the application's and takes rows from the inbox in it, with one
 * message where that goes (ADR 14): of what is in one message the server runs nothing behind a BEGIN that failed.
 *
 * <p>Design note: such a message has no parameters, and a statement in it would be planned each time. So a connection has
 * it prepared under a name, before it is first used. One that forgets it, as {@code DISCARD ALL} makes it do, or whose
 * pooler lends another server connection for each transaction, is begun and taken with two messages from then on.
 */
final class Taking {

    // When its node freezes in a handler's transaction, or the network between them does, the server would keep that
    // for hours, and the rows' locks with it: it is told to end it.
    private static final String TAKE_ALL = """
            DELETE FROM ${schema}.inbox
             USING (SELECT set_config('idle_in_transaction_session_timeout', $3, true)) AS fence
             WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])
            """;

    // The same where some are gone: to say which were there, the server reads each row again. A row in the answer costs
    // the driver more than a position in an array.
    private static final String TAKE_SOME = """
            WITH taken AS (
                DELETE FROM ${schema}.inbox
                 USING (SELECT set_config('idle_in_transaction_session_timeout', $3, true)) AS fence
                 WHERE consumer_id = $1 AND state = 0 AND seq = ANY ($2::int8[])
                RETURNING seq
            )
            SELECT ARRAY(SELECT seq FROM taken) AS seqs
            """;

    // With an array of one, whose length the planner would guess wrong, the application's connections would plan the
    // statement anew each time, which takes longer than to run it.
    private static final String TAKE_ONE = """
            DELETE FROM ${schema}.inbox
             USING (SELECT set_config('idle_in_transaction_session_timeout', $3, true)) AS fence
             WHERE consumer_id = $1 AND state = 0 AND seq = $2
            """;

    // In a block, because the driver would take the statements' parameters for those of the message.
    private static final String PREPARE = """
            DO $penstock$
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = '%1$s') THEN
                    EXECUTE $prepare$PREPARE %1$s (int4, int8, text) AS %3$s$prepare$;
                END IF;
                IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = '%2$s') THEN
                    EXECUTE $prepare$PREPARE %2$s (int4, int8[], text) AS %4$s$prepare$;
                END IF;
            END
            $penstock$
            """;

    private static final String DRIVER = "io.r2dbc.postgresql";
    private static final Duration LONGEST_IDLE = Duration.ofDays(24);

    private final String takeOne;
    private final String takeSome;
    private final String takeOneName;
    private final String takeAllName;
    private final String prepare;
    // Whether the statements are prepared there; false: they do not stay.
    private final Map<Connection, Boolean> prepared = Collections.synchronizedMap(new WeakHashMap<>());

    Taking(SchemaName schema) {
        String takeAll = schema.in(TAKE_ALL);
        this.takeOne = schema.in(TAKE_ONE);
        this.takeSome = schema.in(TAKE_SOME);
        this.takeOneName = name(takeOne);
        this.takeAllName = name(takeAll);
        this.prepare = PREPARE.formatted(takeOneName, takeAllName, takeOne, takeAll);
    }

    /** Another version's, or another schema's, has another name. */
    private static String name(String sql) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(sql.getBytes(StandardCharsets.UTF_8));
            return "penstock_take_" + HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /**
     * Removes rows in a transaction that begins with that, and that the server rolls back when nothing comes for so long;
     * emits those that were still there.
     */
    Mono<List<Long>> beginAndTake(Connection connection, int consumerId, List<Claimed> rows, Duration longestIdle) {
        String millis = Long.toString(Math.min(longestIdle.toMillis(), LONGEST_IDLE.toMillis()));
        Take take = new Take(connection, consumerId, rows, millis);
        return Mono.defer(() -> isPrepared(connection))
                .flatMap(isPrepared -> isPrepared ? together(take) : apart(take));
    }

    private Mono<Boolean> isPrepared(Connection connection) {
        Connection raw = Connections.raw(connection);
        Boolean known = isPlain(connection) ? prepared.get(raw) : Boolean.FALSE;
        return known != null ? Mono.just(known) : prepare(connection, raw);
    }

    /** What an application puts around its connections may have its own way to begin, or be another one each time. */
    private static boolean isPlain(Connection connection) {
        boolean isLent = connection.getClass().getPackage() == ConnectionPool.class.getPackage();
        Object own = isLent && connection instanceof Wrapped<?> lent ? lent.unwrap() : connection;
        return own instanceof PostgresqlConnection
                && own.getClass().getPackageName().equals(DRIVER);
    }

    private Mono<Boolean> prepare(Connection connection, Connection raw) {
        return run(connection, prepare)
                .doOnNext(done -> prepared.put(raw, true))
                .thenReturn(true)
                .onErrorResume(error -> !DatabaseErrors.isOutcomeUnknown(error), error -> {
                    if (!DatabaseErrors.isPassing(error)) {
                        prepared.put(raw, false);
                    }
                    return Mono.just(false);
                });
    }

    /** As a simple message: with a fetch size, which may be an option of the driver, it would prepare it as one command. */
    private static Mono<Long> run(Connection connection, String message) {
        return Database.changed(connection, message, statement -> statement.fetchSize(0));
    }

    private Mono<List<Long>> together(Take take) {
        String message = take.isOne() ? take.message(takeOneName, take.seq()) : take.message(takeAllName, take.array());
        return run(take.connection(), message)
                .flatMap(taken -> taken == 0 || taken == take.rows().size()
                        ? Mono.just(taken == 0 ? List.<Long>of() : take.seqs())
                        : again(take))
                .onErrorResume(DatabaseErrors::isStatementUnknown, error -> forgotten(take));
    }

    private Mono<List<Long>> forgotten(Take take) {
        prepared.put(Connections.raw(take.connection()), false);
        return again(take);
    }

    /** Ended by a statement: after an error the driver does not know yet that there is a transaction to roll back. */
    private Mono<List<Long>> again(Take take) {
        return run(take.connection(), "ROLLBACK").then(apart(take));
    }

    private Mono<List<Long>> apart(Take take) {
        return Mono.from(take.connection().beginTransaction())
                .then(Mono.defer(() -> take.isOne() ? takeOne(take) : takeSome(take)));
    }

    private Mono<List<Long>> takeOne(Take take) {
        return Database.changed(take.connection(), takeOne, statement -> take.bind(statement, take.seq()))
                .map(taken -> taken == 0 ? List.of() : take.seqs());
    }

    private Mono<List<Long>> takeSome(Take take) {
        return Database.rows(
                        take.connection(),
                        takeSome,
                        statement -> take.bind(statement, take.seqs().toArray(Long[]::new)),
                        row -> List.of(Rows.required(row, 0, Long[].class)))
                .single();
    }

    /** What is to be taken on a connection. */
    private record Take(Connection connection, int consumerId, List<Claimed> rows, String idleMillis) {

        boolean isOne() {
            return rows.size() == 1;
        }

        long seq() {
            return rows.get(0).seq();
        }

        List<Long> seqs() {
            return rows.stream().map(Claimed::seq).toList();
        }

        String array() {
            return rows.stream().map(row -> Long.toString(row.seq())).collect(Collectors.joining(",", "'{", "}'"));
        }

        String message(String statement, Object seqs) {
            return "BEGIN; EXECUTE " + statement + " (" + consumerId + ", " + seqs + ", '" + idleMillis + "')";
        }

        void bind(Statement statement, Object seqs) {
            statement.bind(0, consumerId).bind(1, seqs).bind(2, idleMillis);
        }
    }
}
