package io.penstock.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Events that are due at fixed times, whether or not the earlier ones are done: what is late at one event is seen at
 * those behind it as well. Latency counts from when an event was due. Thread-safe after {@link #start()}.
 */
public final class OpenLoop {

    /** The option that says how many events are due in a second. */
    public static final String RATE = "rate";

    private static final long LONGEST = TimeUnit.MINUTES.toNanos(5);

    private final long intervalNanos;
    private final Histogram latencies = new ConcurrentHistogram(LONGEST, 3);
    private volatile long startNanos;

    public OpenLoop(Bench bench) {
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / rate(bench);
    }

    /** Events per second that the workload asks for. */
    public static int rate(Bench bench) {
        return bench.option(RATE, 500);
    }

    /** From now on events are due. */
    public void start() {
        startNanos = System.nanoTime();
    }

    /** Waits until the event with this number, from 0, is due. */
    public void awaitDue(int number) {
        long due = startNanos + number * intervalNanos;
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** The handler of the event begins now. */
    public void begun(int number) {
        record(System.nanoTime() - startNanos - number * intervalNanos);
    }

    /** A latency that was measured elsewhere. */
    public void record(long nanos) {
        latencies.recordValue(Math.min(LONGEST, Math.max(0, nanos)));
    }

    /** What was recorded. */
    public Histogram latencies() {
        return latencies;
    }
}
