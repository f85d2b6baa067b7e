package io.penstock.benchmarks;

import java.sql.SQLException;
import java.util.function.IntConsumer;

/** What a drain delivers: to each consumer its share of the workload's events. Counts them. Thread-safe. */
final class Deliveries {

    private final int consumers;
    private final int share;
    private final Tally tally;

    Deliveries(Bench bench, int consumers) {
        this.consumers = consumers;
        this.share = bench.events() / consumers;
        this.tally = new Tally(consumers * share);
    }

    int consumers() {
        return consumers;
    }

    long count() {
        return (long) consumers * share;
    }

    /** Counts the numbers of the events that this consumer handles, from 0. */
    IntConsumer to(int consumer) {
        return number -> tally.handled(consumer * share + number);
    }

    void await() throws InterruptedException {
        tally.await(Blocking.PATIENCE);
    }

    /** Throws unless each was handled once and nothing is owed any more. */
    void requireDone(Bench.Address database) throws SQLException {
        tally.requireEachOnce();
        Owed.requireNone(database);
    }
}
