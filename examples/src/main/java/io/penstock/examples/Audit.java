package io.penstock.examples;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import reactor.core.publisher.Mono;

/** Keeps a copy of every event, of whatever type, undecoded: one statement for a batch of them. */
final class Audit {

    static final String NAME = "audit";

    private static final String INSERT = """
            INSERT INTO orders_app.audit (event_id, type, occurred_at, payload)
            SELECT id, type, occurred_at, payload::json
              FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS event (id, type, occurred_at, payload)
                ON CONFLICT (event_id) DO NOTHING
            """;

    private final OrdersDatabase database;

    Audit(OrdersDatabase database) {
        this.database = database;
    }

    ConsumerSpec<RawJson> consumer() {
        return ConsumerSpec.named(NAME).on("*").concurrency(2).batchSize(200).handleBatch(this::write);
    }

    private Mono<Void> write(List<Event<RawJson>> events) {
        return database.update(
                        INSERT,
                        statement -> statement
                                .bind("$1", events.stream().map(Event::id).toArray(UUID[]::new))
                                .bind("$2", events.stream().map(Event::type).toArray(String[]::new))
                                .bind(
                                        "$3",
                                        events.stream().map(Audit::occurredAt).toArray(OffsetDateTime[]::new))
                                .bind(
                                        "$4",
                                        events.stream()
                                                .map(event -> event.payload().text())
                                                .toArray(String[]::new)))
                .then();
    }

    private static OffsetDateTime occurredAt(Event<?> event) {
        return event.occurredAt().atOffset(ZoneOffset.UTC);
    }
}
