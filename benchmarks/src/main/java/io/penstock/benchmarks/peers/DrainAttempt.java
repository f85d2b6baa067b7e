package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.peers.Library.Use;

/** Handles what is ready, with a handler that does nothing. */
final class DrainAttempt extends PeerAttempt {

    DrainAttempt(Bench bench, Library library) {
        super(bench, library, Use.DRAIN, Math.min(bench.events(), library.most()));
    }

    @Override
    public void prepare() throws Exception {
        super.prepare();
        peer().fill(events());
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
}
