package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.peers.Library.Use;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Publishes and handles at once: as fast as it goes, or at a rate, and then how late each handler began. */
final class LiveAttempt extends PeerAttempt {

    private final int perSecond;
    private final Callers callers;
    private final Histogram latencies = new ConcurrentHistogram(3);

    private LiveAttempt(Bench bench, Library library, int events, int perSecond, int callers) {
        super(bench, library, Use.BOTH, events);
        this.perSecond = perSecond;
        this.callers = new Callers(callers);
    }

    static LiveAttempt steady(Bench bench, Library library) {
        return new LiveAttempt(bench, library, Math.min(bench.events(), library.most()), 0, Peers.LANES);
    }

    static LiveAttempt atRate(Bench bench, Library library) {
        return new LiveAttempt(bench, library, bench.events(), bench.option("rate", 500), library.pool());
    }

    @Override
    public void run() throws InterruptedException {
        if (perSecond == 0) {
            publishSlices(callers);
        } else {
            long startMicros = Clocks.epochMicros();
            callers.atRate(perSecond, events(), number -> publishDue(number, startMicros));
        }
        awaitDone();
    }

    @Override
    void handle(Payload event) {
        if (event.at() != 0) {
            latencies.recordValue(Math.max(0, Clocks.epochMicros() - event.at()) * 1000);
        }
        super.handle(event);
    }

    @Override
    public void verify() {
        requireDone();
    }

    @Override
    public @Nullable Histogram latencies() {
        return perSecond == 0 ? null : latencies;
    }

    @Override
    public void close() {
        callers.close();
        super.close();
    }

    private void publishDue(int number, long startMicros) {
        peer().publish(Payload.of(number).at(startMicros + 1_000_000L * number / perSecond));
    }
}
