package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.EventCodec;
import io.penstock.bus.EventLimits;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Stores events and, in the same statement, a row of the inbox for each consumer registered for their types: who
 * receives an event is decided with its commit.
 */
final class Outbox {

    private static final EventCodec STRICT = JacksonEventCodec.create();

    // Repeated ids come in bursts, when a source begins again from further back, and a batch that fails leaves dead
    // rows.
    private static final int CAREFUL_BATCHES = 100;

    private final OutboxRow row;
    private final OutboxBatch batch;
    private final SchemaName schema;
    private final EventCodec codec;
    private final EventLimits limits;
    private final AtomicInteger carefulBatches = new AtomicInteger();

    Outbox(Node node) {
        BusOptions options = node.options();
        this.schema = node.database().schema();
        this.row = new OutboxRow(schema, options.source());
        this.batch = new OutboxBatch(schema, options.source());
        this.codec = options.codec();
        this.limits = options.limits();
    }

    /** Checks an event and writes its payload as JSON; throws {@code InvalidEventException}, and touches no SQL. */
    Encoded encode(Event<?> event) {
        String payload = oneValue(event, codec.encode(event));
        limits.check(event, payload);
        return new Encoded(event, payload, HeadersJson.write(event.headers()), KeyHash.of(event));
    }

    /** The payloads of a batch are joined to one array: more than a value would come to lie on other events. */
    private String oneValue(Event<?> event, @Nullable String payload) {
        if (payload == null) {
            throw new InvalidEventException("Event " + event + " was refused: the codec gave null for its payload");
        }
        return codec instanceof JacksonEventCodec
                ? payload
                : STRICT.encode(event.withPayload(new RawJson(payload)).build());
    }

    /** Writes the events in their order with one statement, in whatever transaction the connection is in. */
    Mono<Appended> append(Connection connection, List<Encoded> events) {
        return explained(events.size() == 1 ? row.append(connection, events.get(0)) : batch.append(connection, events));
    }

    /** The same in a transaction with nothing else in it: the statement may fail, and is run again in another way. */
    Mono<Appended> appendAlone(Alone transaction, List<Encoded> events) {
        // Looked at before the commit: the next batch may be inserted by then.
        Function<Connection, Mono<Appended>> careful =
                connection -> append(connection, events).doOnNext(this::lookForRepeated);
        if (events.size() == 1 || expectsRepeated()) {
            return transaction.run(careful);
        }
        return explained(transaction
                .run(connection -> batch.appendNew(connection, events))
                .onErrorResume(DatabaseErrors::isDuplicate, repeated -> transaction.run(careful)));
    }

    private Mono<Appended> explained(Mono<Appended> append) {
        return append.onErrorMap(error -> DatabaseErrors.explained(error, schema));
    }

    private boolean expectsRepeated() {
        return carefulBatches.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }

    private void lookForRepeated(Appended appended) {
        if (!appended.repeated().isEmpty()) {
            carefulBatches.set(CAREFUL_BATCHES);
        }
    }

    /** Runs a statement in a transaction of its own, on whatever connection. */
    @FunctionalInterface
    interface Alone {
        Mono<Appended> run(Function<Connection, Mono<Appended>> statement);
    }
}
