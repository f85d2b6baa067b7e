package io.penstock.benchmarks;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.RunningConsumer;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import java.sql.SQLException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The databases that cells of the bus and of its twins start from: the bus's schema, and what is stored in it. */
final class Seeds {

    // As the bus stores them, but for the hash of the key, which nobody computes again.
    private static final String EVENTS = """
            INSERT INTO penstock.outbox_event (id, key_hash, occurred_at, version, type, source, key, payload)
            SELECT gen_random_uuid(), hashtextextended('customer-' || n %% %2$d, 0), clock_timestamp(), 1,
                   'order.placed', 'penstock', 'customer-' || n %% %2$d,
                   json_build_object('number', n, 'customer', 'customer-' || n %% %2$d, 'cents', 100 + n, 'at', 0,
                                     'note', repeat('n', 160))
              FROM generate_series(0, %1$d - 1) AS n ORDER BY n
            """;
    private static final String INBOX = """
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition)
            SELECT consumer.id, seq, key_hash, (key_hash & 9223372036854775807) %% consumer.partitions
              FROM penstock.outbox_event CROSS JOIN penstock.consumer
             WHERE key_hash <> 1 AND consumer.id >= %1$d ORDER BY seq, consumer.id
            """;

    // A dead letter, and what waits behind it; not among the workload's events.
    private static final String ASIDE = """
            WITH aside AS (
                INSERT INTO penstock.outbox_event (id, key_hash, occurred_at, version, type, source, key, payload)
                SELECT gen_random_uuid(), 1, clock_timestamp(), 1, 'order.placed', 'penstock', 'aside', '{}'
                  FROM generate_series(0, %d) RETURNING seq
            )
            INSERT INTO penstock.inbox (consumer_id, seq, key_hash, partition, attempts, state, holds_key, failed_at,
                                        last_error)
            SELECT 1, seq, 1, 1, 10, CASE WHEN rank = 1 THEN 3 ELSE 2 END, true, clock_timestamp(), 'seeded'
              FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS rank FROM aside) AS ranked
            """;

    private Seeds() {}

    /** The schema and so many consumers, {@code consumer-0} and on; no events. */
    static Template consumers(int count) {
        return new Template("consumers_" + count, bench -> register(bench, count));
    }

    /** So many consumers, and the workload's events shared out among them: as many deliveries as it has events. */
    static Template ready(int count) {
        return new Template("ready_" + count, bench -> {
            register(bench, count);
            fill(bench, bench.events() / count, 1);
        });
    }

    /** One consumer, and so many times the workload's events ready for it. */
    static Template backlog(int times) {
        return new Template("backlog_" + times, bench -> {
            register(bench, 1);
            fill(bench, bench.events() * times, 1);
        });
    }

    /** Two consumers, and the workload's events ready for the second. */
    static Template readyForSecond() {
        return new Template("ready_for_second", bench -> {
            register(bench, 2);
            fill(bench, bench.events(), 2);
        });
    }

    /** One consumer with events ready, and others parked behind a dead letter. */
    static Template readyAndParked() {
        return new Template("ready_and_parked", bench -> {
            register(bench, 1);
            Jdbc.run(bench.database(), ASIDE.formatted(parked(bench)));
            fill(bench, bench.events(), 1);
        });
    }

    /** How many rows are parked aside. */
    static int parked(Bench bench) {
        return bench.option("parked", 100_000);
    }

    private static void fill(Bench bench, int events, int firstConsumer) throws SQLException {
        Jdbc.run(bench.database(), EVENTS.formatted(events, Payload.CUSTOMERS), INBOX.formatted(firstConsumer));
    }

    private static void register(Bench bench, int count) {
        ConnectionPool pool = R2dbc.pool(bench.database(), 5);
        R2dbcEventBus bus = R2dbcEventBus.create(pool);
        Blocking.await(bus.start()
                .thenMany(Flux.range(0, count).concatMap(i -> registration(bus, "consumer-" + i)))
                .then(bus.close())
                .then(pool.disposeLater()));
    }

    private static Mono<Void> registration(R2dbcEventBus bus, String name) {
        return bus.subscribe(ConsumerSpec.named(name).on(Payload.class).handle(event -> Mono.empty()))
                .flatMap(RunningConsumer::unsubscribe);
    }
}
