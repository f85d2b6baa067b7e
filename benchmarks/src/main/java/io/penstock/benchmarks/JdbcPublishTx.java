package io.penstock.benchmarks;

import java.sql.Connection;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/** {@link TwinPublishTx} with a thread for each connection. */
final class JdbcPublishTx extends JdbcAttempt {

    private final boolean withEvent;
    private final AtomicInteger next = new AtomicInteger();
    private final Durations durations = new Durations();

    JdbcPublishTx(Bench bench, boolean withEvent, int atOnce) {
        super(bench, atOnce);
        this.withEvent = withEvent;
    }

    @Override
    public void run() throws Exception {
        Threads.run(Collections.nCopies(connections, this::transactions));
    }

    private Integer transactions() throws Exception {
        int number = next.getAndIncrement();
        for (; number < bench.events(); number = next.getAndIncrement()) {
            long begunAt = System.nanoTime();
            transaction(bench.payload(number));
            durations.endsNow(begunAt);
        }
        return number;
    }

    private void transaction(Payload order) throws Exception {
        try (Connection connection = connection()) {
            connection.setAutoCommit(false);
            JdbcSql.order(connection, order);
            if (withEvent) {
                JdbcSql.append(connection, TwinSql.Row.of(order));
            }
            connection.commit();
        }
    }

    @Override
    public Histogram latencies() {
        return durations.nanos();
    }

    @Override
    public void verify() throws Exception {
        Orders.require(bench.database(), bench.events());
        Stored.require(bench.database(), withEvent ? bench.events() : 0);
    }
}
