package io.penstock.benchmarks;

import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One way of doing a workload's job, once, on a database of its own. Called by one thread, in the order of the methods;
 * {@link #close()} also after a failure. What it starts, child processes too, lives until it is closed.
 */
public interface Attempt extends AutoCloseable {

    /** Creates tables, stores what the job works on, connects. Not measured. */
    void prepare() throws Exception;

    /** Does the job; measured. Returns when the last event is done, in the database as well. */
    void run() throws Exception;

    /** Counts in the database, and throws naming what is wrong: then the cell has no rate. */
    void verify() throws Exception;

    /** The settings that matter, by name. */
    default Map<String, Object> config() {
        return Map.of();
    }

    /** How many operations the rate counts; the events of the workload unless they are something else. */
    default long operations(Bench bench) {
        return bench.events();
    }

    /** Nanoseconds from when an event was due to its handler's beginning, or a transaction took; where that is measured. */
    default @Nullable Histogram latencies() {
        return null;
    }

    @Override
    void close() throws Exception;
}
