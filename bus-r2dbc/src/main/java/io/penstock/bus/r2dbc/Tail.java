package io.penstock.bus.r2dbc;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The events as they are committed, for watching. Reads the outbox from where it ended on subscribe, a page for each
 * demand, so that a slow watcher costs no memory and sees events later instead of missing them.
 */
final class Tail {

    private static final String END = "SELECT coalesce(max(seq), 0) AS seq FROM ${schema}.outbox_event";

    // The number taken and the snapshot's xmin are what ReadPositions goes by.
    private static final String PAGE = """
            WITH page AS MATERIALIZED (
                SELECT seq, type LIKE ANY ($2::text[]) AS meant
                  FROM ${schema}.outbox_event
                 WHERE seq > $1 AND seq NOT IN (SELECT unnest($3::int8[]))
                 ORDER BY seq
                 LIMIT $4
            )
            SELECT page.seq, page.meant, pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS xmin,
                   pg_current_xact_id()::text::int8 AS own_xid,
            """ + Rows.EVENT_COLUMNS + """

              FROM page
              LEFT JOIN ${schema}.outbox_event event ON page.meant AND event.seq = ANY (ARRAY[page.seq])
             ORDER BY page.seq
            """;

    private static final Duration INTERVAL = Duration.ofMillis(100);
    private static final int PAGE_SIZE = 256;
    private static final int MOST_SEEN = 10_000;

    private final Database database;

    Tail(Database database) {
        this.database = database;
    }

    Flux<Event<RawJson>> follow(String... patterns) {
        return Flux.defer(() -> {
            // Checks the patterns as those of any consumer.
            String[] likes = Consumers.likes(ConsumerSpec.named("tail")
                    .on(patterns)
                    .handle(event -> Mono.empty())
                    .patterns());
            return end().flatMapMany(end -> follow(new Place(end), likes));
        });
    }

    private Mono<Long> end() {
        return database.query(database.sql(END), statement -> {}, row -> Rows.required(row, "seq", Long.class))
                .single();
    }

    private Flux<Event<RawJson>> follow(Place place, String[] likes) {
        return Mono.defer(() -> read(place, likes))
                .flatMapIterable(place::pass)
                .repeatWhen(ends -> ends.concatMap(end -> place.more ? Mono.just(0L) : Mono.delay(INTERVAL)));
    }

    private Mono<List<Seen>> read(Place place, String[] likes) {
        return database.query(
                        database.sql(PAGE),
                        statement -> statement
                                .bind(0, place.cursor)
                                .bind(1, likes)
                                .bind(2, place.seen.toArray(Long[]::new))
                                .bind(3, PAGE_SIZE),
                        Seen::of)
                .collectList();
    }

    /** From where a watcher reads on: not beyond what an open transaction may still fill in. One thread at a time. */
    private static final class Place {

        private final ReadPositions positions = new ReadPositions();
        private final TreeSet<Long> seen = new TreeSet<>();
        private long cursor;
        private boolean more;

        Place(long cursor) {
            this.cursor = cursor;
        }

        List<Event<RawJson>> pass(List<Seen> page) {
            more = page.size() == PAGE_SIZE;
            List<Event<RawJson>> events = new ArrayList<>();
            for (Seen row : page) {
                seen.add(row.seq());
                if (row.event() != null) {
                    events.add(row.event());
                }
            }
            if (!page.isEmpty()) {
                moveOn(page.get(0));
            }
            return events;
        }

        private void moveOn(Seen any) {
            cursor = positions.advance(
                    cursor, RangeReading.Page.of(List.of(), any.xmin(), any.ownXid()), false, seen.last());
            seen.headSet(cursor, true).clear();
            // A transaction open for that long is waited for no more.
            while (seen.size() > MOST_SEEN) {
                cursor = seen.pollFirst();
            }
        }
    }

    private record Seen(
            long seq, long xmin, long ownXid, @Nullable Event<RawJson> event) {

        static Seen of(Readable row) {
            return new Seen(
                    Rows.required(row, 0, Long.class),
                    Rows.required(row, 2, Long.class),
                    Rows.required(row, 3, Long.class),
                    Rows.required(row, 1, Boolean.class) ? Rows.event(row, 4) : null);
        }
    }
}
