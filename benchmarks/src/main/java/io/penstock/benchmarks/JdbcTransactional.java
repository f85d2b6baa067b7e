package io.penstock.benchmarks;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** {@link TwinTransactional}, one event per transaction, with a thread for each connection and one that reads. */
final class JdbcTransactional extends JdbcAttempt {

    private final Shape shape;
    private final Tally tally;
    private final BlockingQueue<Work> queue;
    private final AtomicInteger left;

    JdbcTransactional(Bench bench, Shape shape) {
        super(bench, shape.concurrency() + 1);
        this.shape = shape;
        this.tally = new Tally(bench.events());
        this.queue = new ArrayBlockingQueue<>(shape.window());
        this.left = new AtomicInteger(bench.events());
    }

    @Override
    public void run() throws Exception {
        List<Callable<?>> tasks = new ArrayList<>();
        tasks.add(this::read);
        for (int i = 0; i < shape.concurrency(); i++) {
            tasks.add(this::handle);
        }
        Threads.run(tasks);
    }

    private Long read() throws Exception {
        long position = 0;
        try (Connection connection = connection()) {
            TwinSql.Batch batch;
            do {
                List<Payload> orders = new ArrayList<>();
                batch = JdbcSql.read(
                        connection, position, shape.window(), delivered -> orders.add(delivered.payload()));
                for (int i = 0; i < orders.size(); i++) {
                    queue.put(new Work(batch.seqs().get(i), orders.get(i)));
                }
                position = batch.seqs().isEmpty() ? position : batch.last();
            } while (batch.isFull());
        }
        return position;
    }

    private Integer handle() throws Exception {
        while (left.get() > 0) {
            Work work = queue.poll(1, TimeUnit.MILLISECONDS);
            if (work != null) {
                transaction(work);
                left.decrementAndGet();
            }
        }
        return 0;
    }

    private void transaction(Work work) throws Exception {
        try (Connection connection = connection()) {
            connection.setAutoCommit(false);
            JdbcSql.remove(connection, List.of(work.seq()));
            JdbcSql.order(connection, work.order());
            connection.commit();
        }
        tally.handled(work.order().number());
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Orders.require(bench.database(), bench.events());
        Owed.requireNone(bench.database());
    }

    private record Work(long seq, Payload order) {}
}
