package io.penstock.bus.r2dbc;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/** Where every consumer stands, from one statement. Counts stop at a limit, and the age is that of the
 * oldest among the first hundred rows of each state, so that events delayed far ahead do not hide the others. */
final class Statistics {

    private static final String COUNT = """
            SELECT now() AS at, consumer.id::int4 AS id, consumer.name, consumer.paused, rows.ready, rows.scheduled, rows.parked, rows.dead,
                   coalesce((
                       SELECT (extract(epoch FROM
                                   max(now() - greatest(event.created_at, event.deliver_at))) * 1000)::int8
                         FROM unnest('{0,1,2}'::int2[]) AS undone (state)
                        CROSS JOIN LATERAL (
                              SELECT inbox.seq FROM ${schema}.inbox
                               WHERE inbox.consumer_id = consumer.id AND inbox.state = undone.state
                               ORDER BY inbox.seq LIMIT 100) AS oldest
                         JOIN ${schema}.outbox_event event ON event.seq = ANY (ARRAY[oldest.seq])), 0) AS oldest_millis
              FROM ${schema}.consumer
             CROSS JOIN LATERAL (
                   SELECT
                     (SELECT count(*) FROM (SELECT FROM ${schema}.inbox
                                             WHERE consumer_id = consumer.id AND state = 0 LIMIT $1) AS r) AS ready,
                     (SELECT count(*) FROM (SELECT FROM ${schema}.inbox
                                             WHERE consumer_id = consumer.id AND state = 1 LIMIT $1) AS r) AS scheduled,
                     (SELECT count(*) FROM (SELECT FROM ${schema}.inbox
                                             WHERE consumer_id = consumer.id AND state = 2 LIMIT $1) AS r) AS parked,
                     (SELECT count(*) FROM (SELECT FROM ${schema}.inbox
                                             WHERE consumer_id = consumer.id AND state = 3 LIMIT $1) AS r) AS dead
                   ) AS rows
             ORDER BY consumer.name
            """;

    private final Database database;
    private final Supplier<Map<Integer, Dispatcher>> running;

    Statistics(Database database, Supplier<Map<Integer, Dispatcher>> running) {
        this.database = database;
        this.running = running;
    }

    Mono<BusStats> read() {
        return database.query(
                        database.sql(COUNT),
                        statement -> statement.bind(0, ConsumerStats.COUNTED_AT_MOST),
                        row -> new Counted(Rows.required(row, "at", Instant.class), stats(row)))
                .collectList()
                .map(Statistics::together);
    }

    private static BusStats together(List<Counted> counted) {
        Instant at = counted.isEmpty() ? Instant.EPOCH : counted.get(0).at();
        return new BusStats(at, counted.stream().map(Counted::stats).toList());
    }

    private ConsumerStats stats(Readable row) {
        Dispatcher dispatcher = running.get().get(Rows.required(row, "id", Integer.class));
        return new ConsumerStats(
                Rows.required(row, "name", String.class),
                dispatcher != null,
                Rows.required(row, "paused", Boolean.class),
                Rows.required(row, "ready", Long.class),
                Duration.ofMillis(Math.max(0, Rows.required(row, "oldest_millis", Long.class))),
                dispatcher == null ? 0 : dispatcher.inFlight(),
                Rows.required(row, "scheduled", Long.class),
                Rows.required(row, "parked", Long.class),
                Rows.required(row, "dead", Long.class));
    }

    private record Counted(Instant at, ConsumerStats stats) {}
}
