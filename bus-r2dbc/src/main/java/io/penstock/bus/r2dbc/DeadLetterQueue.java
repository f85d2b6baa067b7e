package io.penstock.bus.r2dbc;

import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.DeadLetters;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Lists dead letters, gives them another life, or removes them. A change wakes the consumers. */
final class DeadLetterQueue implements DeadLetters {

    private static final String MEANT = """
              FROM ${schema}.consumer
             CROSS JOIN LATERAL (
                   SELECT * FROM ${schema}.inbox letter
                    WHERE letter.consumer_id = consumer.id AND letter.state = 3 AND letter.seq >= ($9::int8 >> 15)
                   OFFSET 0) AS inbox
              JOIN ${schema}.outbox_event event ON event.seq = ANY (ARRAY[inbox.seq])
             WHERE ($1::text IS NULL OR consumer.name = $1)
               AND ($2::text IS NULL OR event.type LIKE $2)
               AND ($3::text IS NULL OR (inbox.key_hash = $4::int8 AND event.key = $3))
               AND ($5::timestamptz IS NULL OR inbox.failed_at >= $5)
               AND ($6::timestamptz IS NULL OR inbox.failed_at < $6)
               AND ($7::text IS NULL OR strpos(inbox.last_error, $7) > 0)
               AND ($8::uuid IS NULL OR event.id = $8)
               AND ((inbox.seq << 15) | inbox.consumer_id) > $9
             ORDER BY inbox.seq, inbox.consumer_id
             LIMIT $10
            """;

    private static final String LIST = """
            SELECT consumer.name AS consumer, inbox.consumer_id::int4 AS consumer_id, inbox.seq, inbox.attempts,
                   inbox.last_error, inbox.failed_at,
            """ + Rows.EVENT_COLUMNS + "\n" + MEANT;

    // The arrays say it twice, so that no join can read more of the inbox than these.
    private static final String THESE = """
             WHERE inbox.consumer_id = meant.consumer_id AND inbox.state = 3 AND inbox.seq = meant.seq
               AND inbox.consumer_id = ANY (ARRAY(SELECT consumer_id FROM meant))
               AND inbox.seq = ANY (ARRAY(SELECT seq FROM meant))
            RETURNING inbox.consumer_id::int4 AS consumer_id, inbox.key_hash, inbox.holds_key
            """;

    // Due, not ready, and holding the key: see RELEASE in Inbox.
    private static final String REDRIVE = """
            WITH meant AS (SELECT inbox.consumer_id, inbox.seq, consumer.ordered
            """ + MEANT + """
            )
            UPDATE ${schema}.inbox SET state = 1, due_at = now(), attempts = 0, begun = 0,
                   holds_key = meant.ordered
              FROM meant
            """ + THESE;

    private static final String DISCARD = """
            WITH meant AS (SELECT inbox.consumer_id, inbox.seq
            """ + MEANT + """
            )
            DELETE FROM ${schema}.inbox
             USING meant
            """ + THESE;

    // Parking locks rows of a key in another order: who loses tries again, with nothing changed.
    private static final Retry AGAIN = Retry.backoff(10, Duration.ofMillis(5))
            .maxBackoff(Duration.ofMillis(500))
            .filter(DatabaseErrors::isConflict);

    private static final int CONSUMER_BITS = 15;
    private static final int WHOLE_KEY = Integer.MAX_VALUE;

    private final Database database;
    private final WakeUp wakeUp;

    DeadLetterQueue(Database database, WakeUp wakeUp) {
        this.database = database;
        this.wakeUp = wakeUp;
    }

    /** One number for a letter's place among those of all consumers: by event, then by consumer. */
    static long position(long seq, int consumerId) {
        return seq << CONSUMER_BITS | consumerId;
    }

    @Override
    public Flux<DeadLetter> list(DeadLetterFilter filter) {
        return database.query(database.sql(LIST), meant(filter), DeadLetterQueue::letter);
    }

    @Override
    public Mono<DeadLetter> get(String consumer, UUID eventId) {
        return database.query(database.sql(LIST), one(consumer, eventId), DeadLetterQueue::letter)
                .next();
    }

    @Override
    public Mono<Boolean> redrive(String consumer, UUID eventId) {
        return redrive(one(consumer, eventId)).map(redriven -> redriven > 0);
    }

    @Override
    public Mono<Long> redrive(DeadLetterFilter filter) {
        return redrive(meant(filter));
    }

    @Override
    public Mono<Long> redriveKey(String consumer, String key) {
        return redrive(meant(DeadLetterFilter.of(consumer).withKey(key), null, WHOLE_KEY));
    }

    @Override
    public Mono<Boolean> discard(String consumer, UUID eventId) {
        return discard(one(consumer, eventId)).map(discarded -> discarded > 0);
    }

    @Override
    public Mono<Long> discard(DeadLetterFilter filter) {
        return discard(meant(filter));
    }

    private Mono<Long> redrive(Consumer<Statement> meant) {
        return database.query(database.sql(REDRIVE), meant, Changed::of)
                .collectList()
                .retryWhen(AGAIN)
                .map(this::wake);
    }

    private Mono<Long> discard(Consumer<Statement> meant) {
        return database.transaction(connection -> discard(connection, meant))
                .retryWhen(AGAIN)
                .map(this::wake);
    }

    private Mono<List<Changed>> discard(Connection connection, Consumer<Statement> meant) {
        return Database.rows(connection, database.sql(DISCARD), meant, Changed::of)
                .collectList()
                .flatMap(discarded -> release(connection, discarded).thenReturn(discarded));
    }

    private Mono<Void> release(Connection connection, List<Changed> discarded) {
        Map<Integer, List<Long>> keys = new TreeMap<>();
        discarded.stream()
                .filter(Changed::heldKey)
                .forEach(letter -> keys.computeIfAbsent(letter.consumerId(), id -> new ArrayList<>())
                        .add(letter.keyHash()));
        return Flux.fromIterable(keys.entrySet())
                .concatMap(freed -> new Inbox(database, freed.getKey())
                        .release(connection, List.copyOf(new TreeSet<>(freed.getValue()))))
                .then();
    }

    private long wake(List<Changed> changed) {
        wakeUp.committed(changed.stream()
                .map(Changed::consumerId)
                .distinct()
                .map(consumer -> new Hint(consumer, Hint.NOTHING_READY, 0))
                .toList());
        return changed.size();
    }

    private static Consumer<Statement> one(String consumer, UUID eventId) {
        return meant(DeadLetterFilter.of(consumer), eventId, 1);
    }

    private static Consumer<Statement> meant(DeadLetterFilter filter) {
        return meant(filter, null, filter.limit());
    }

    private static Consumer<Statement> meant(DeadLetterFilter filter, @Nullable UUID eventId, int limit) {
        String key = filter.key();
        String type = filter.type();
        return statement -> {
            Database.bind(statement, 0, filter.consumer(), String.class);
            Database.bind(statement, 1, type == null ? null : Consumers.like(type), String.class);
            Database.bind(statement, 2, key, String.class);
            Database.bind(statement, 3, key == null ? null : KeyHash.of(key), Long.class);
            Database.bind(statement, 4, filter.failedFrom(), Instant.class);
            Database.bind(statement, 5, filter.failedUntil(), Instant.class);
            Database.bind(statement, 6, filter.errorContains(), String.class);
            Database.bind(statement, 7, eventId, UUID.class);
            statement.bind(8, filter.after()).bind(9, limit);
        };
    }

    private static DeadLetter letter(Readable row) {
        int consumerId = Rows.required(row, "consumer_id", Integer.class);
        String error = row.get("last_error", String.class);
        return new DeadLetter(
                Rows.required(row, "consumer", String.class),
                Rows.event(row, 6),
                position(Rows.required(row, "seq", Long.class), consumerId),
                Rows.required(row, "attempts", Integer.class),
                error == null ? "" : error,
                Rows.required(row, "failed_at", Instant.class));
    }

    private record Changed(int consumerId, long keyHash, boolean heldKey) {

        static Changed of(Readable row) {
            return new Changed(
                    Rows.required(row, "consumer_id", Integer.class),
                    Rows.required(row, "key_hash", Long.class),
                    Rows.required(row, "holds_key", Boolean.class));
        }
    }
}
