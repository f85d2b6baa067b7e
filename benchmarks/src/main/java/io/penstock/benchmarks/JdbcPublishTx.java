package io.penstock.benchmarks;

import java.sql.Connection;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicInteger;

/** {@link TwinPublishTx} with a thread for each connection. */
final class JdbcPublishTx extends JdbcAttempt {

    private final boolean withEvent;
    private final AtomicInteger next = new AtomicInteger();

    JdbcPublishTx(Bench bench, boolean withEvent) {
        super(bench, BusPublishTx.CONNECTIONS);
        this.withEvent = withEvent;
    }

    @Override
    public void run() throws Exception {
        Threads.run(Collections.nCopies(connections, this::transactions));
    }

    private Integer transactions() throws Exception {
        int number = next.getAndIncrement();
        for (; number < bench.events(); number = next.getAndIncrement()) {
            try (Connection connection = connection()) {
                connection.setAutoCommit(false);
                Payload order = bench.payload(number);
                JdbcSql.order(connection, order);
                if (withEvent) {
                    JdbcSql.append(connection, TwinSql.Row.of(order));
                }
                connection.commit();
            }
        }
        return number;
    }

    @Override
    public void verify() throws Exception {
        Orders.require(bench.database(), bench.events());
        Stored.require(bench.database(), withEvent ? bench.events() : 0);
    }
}
