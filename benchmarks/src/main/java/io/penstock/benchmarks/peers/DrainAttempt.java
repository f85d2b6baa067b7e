package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.peers.Library.Use;
import org.jspecify.annotations.Nullable;

/** Handles what is ready, with a handler that does nothing; beside an old snapshot if pinned. */
final class DrainAttempt extends PeerAttempt {

    private final boolean pinned;
    private @Nullable HeldSnapshot snapshot;

    DrainAttempt(Bench bench, Library library, boolean pinned) {
        super(bench, library, Use.DRAIN, Math.min(bench.events(), library.most()));
        this.pinned = pinned;
    }

    @Override
    public void prepare() throws Exception {
        super.prepare();
        peer().fill(events());
        if (pinned) {
            snapshot = HeldSnapshot.take(bench().database());
        }
    }

    @Override
    public void run() throws InterruptedException {
        peer().handle();
        awaitDone();
    }

    @Override
    public void verify() {
        requireDone();
    }

    @Override
    public void close() {
        if (snapshot != null) {
            snapshot.close();
        }
        super.close();
    }
}
