package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.OpenLoop;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.peers.Library.Use;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Publishes and handles at once: as fast as it goes, or at a rate, and then how late each handler began. */
final class LiveAttempt extends PeerAttempt {

    private final @Nullable OpenLoop loop;
    private final Callers callers;

    private LiveAttempt(Bench bench, Library library, int events, @Nullable OpenLoop loop, int callers) {
        super(bench, library, Use.BOTH, events);
        this.loop = loop;
        this.callers = new Callers(callers);
    }

    static LiveAttempt steady(Bench bench, Library library) {
        return new LiveAttempt(bench, library, Math.min(bench.events(), library.most()), null, Peers.LANES);
    }

    static LiveAttempt atRate(Bench bench, Library library) {
        return new LiveAttempt(bench, library, bench.events(), new OpenLoop(bench), library.pool());
    }

    @Override
    public void run() throws InterruptedException {
        if (loop == null) {
            publishSlices(callers);
        } else {
            callers.forEachDue(loop, events(), number -> peer().publish(Payload.of(number)));
        }
        awaitDone();
    }

    @Override
    void handle(Payload event) {
        if (loop != null) {
            loop.begun(event.number());
        }
        super.handle(event);
    }

    @Override
    public void verify() {
        requireDone();
    }

    @Override
    public @Nullable Histogram latencies() {
        return loop == null ? null : loop.latencies();
    }

    @Override
    public void close() {
        callers.close();
        super.close();
    }
}
