package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Attempt;
import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.Tally;
import io.penstock.benchmarks.peers.Library.Use;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the attempts of peers in this JVM have in common: the library is opened, and closed with its pool. */
abstract class PeerAttempt implements Attempt {

    /** Longer than any cell takes. */
    static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Bench bench;
    private final Library library;
    private final Use use;
    private final int events;
    private final Tally tally;
    private @Nullable PeerDatabase database;
    private @Nullable Peer peer;

    PeerAttempt(Bench bench, Library library, Use use, int events) {
        this.bench = bench;
        this.library = library;
        this.use = use;
        this.events = events;
        this.tally = new Tally(events);
    }

    @Override
    public void prepare() throws Exception {
        PeerDatabase opened = PeerDatabase.open(bench.database(), library.pool());
        database = opened;
        peer = library.opener().open(opened, this::handle, use);
    }

    void handle(Payload event) {
        tally.handled(event.number());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(library.settings());
        config.put("pool", library.pool());
        return config;
    }

    @Override
    public long operations(Bench given) {
        return events;
    }

    @Override
    public void close() {
        if (peer != null) {
            peer.close();
        }
        if (database != null) {
            database.close();
        }
    }

    Bench bench() {
        return bench;
    }

    int events() {
        return events;
    }

    Library library() {
        return library;
    }

    Peer peer() {
        return Objects.requireNonNull(peer);
    }

    PeerDatabase database() {
        return Objects.requireNonNull(database);
    }

    /** Publishes all events in slices, a transaction each. */
    void publishSlices(Callers lanes) throws InterruptedException {
        int slices = (events + Peers.BATCH - 1) / Peers.BATCH;
        lanes.forEach(slices, slice -> publishSlice(slice * Peers.BATCH));
    }

    /** Waits until each event was handled and its end is in the database. */
    void awaitDone() throws InterruptedException {
        tally.await(PATIENCE);
        Conditions.await("unfinished events", () -> peer().unfinished() == 0, PATIENCE);
    }

    /** Throws unless each event was handled once and is done in the database. */
    void requireDone() {
        tally.requireEachOnce();
        Conditions.require("unfinished events", peer().unfinished(), 0);
    }

    private void publishSlice(int from) {
        List<Payload> slice = IntStream.range(from, Math.min(events, from + Peers.BATCH))
                .mapToObj(Payload::of)
                .toList();
        database().inTransaction(() -> peer().publishAll(slice));
    }
}
