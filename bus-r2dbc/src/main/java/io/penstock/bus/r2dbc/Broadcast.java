package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import reactor.core.publisher.Mono;

/**
 * Tells the other nodes by NOTIFY, outside of every user transaction. The first hint goes at once; those that come
 * while it is under way, and shortly after, gather and go together. What cannot be sent is left to the poll.
 */
final class Broadcast {

    // A lock of the whole instance is held until the commit, which is short: with nothing written to tables the server
    // does not wait for the disk.
    private static final String NOTIFY = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload";

    private static final Duration GATHERING = Duration.ofMillis(5);

    private final UUID sender;
    private final Database database;
    private final boolean on;
    private final Map<Integer, Hint> pending = new TreeMap<>();
    private final Loop sending;

    Broadcast(UUID sender, Database database, BusOptions options, BusListener listener) {
        this.sender = sender;
        this.database = database;
        this.on = options.notifications();
        this.sending = new Loop(this::round, error -> listener.failed("notify", error));
    }

    void offer(Hint hint) {
        if (on) {
            gather(hint);
            sending.signal();
        }
    }

    /** Sends what is pending, then nothing more. */
    Mono<Void> close() {
        return sending.stop().then(Mono.defer(() -> send(take())));
    }

    private Mono<Void> round() {
        List<Hint> hints = take();
        return hints.isEmpty()
                ? Mono.empty()
                : send(hints).then(Mono.delay(GATHERING)).then();
    }

    private Mono<Void> send(List<Hint> hints) {
        return hints.isEmpty()
                ? Mono.empty()
                : database.query(
                                NOTIFY,
                                statement -> statement
                                        .bind(0, database.schema().channel())
                                        .bind(1, Signal.payloads(sender, hints).toArray(String[]::new)),
                                row -> row)
                        .then();
    }

    private synchronized void gather(Hint hint) {
        pending.merge(hint.consumerId(), hint, Hint::and);
    }

    private synchronized List<Hint> take() {
        List<Hint> taken = List.copyOf(pending.values());
        pending.clear();
        return taken;
    }
}
