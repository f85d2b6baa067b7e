package io.penstock.benchmarks;

import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;

/** {@link TwinDrain} with a thread that reads and handles, and one that removes. */
final class JdbcDrain extends JdbcAttempt {

    private final int batch;
    private final Tally tally;
    private final BlockingQueue<TwinSql.Batch> handled = new ArrayBlockingQueue<>(2);

    JdbcDrain(Bench bench, int batch) {
        super(bench, 2);
        this.batch = batch;
        this.tally = new Tally(bench.events());
    }

    @Override
    public void run() throws Exception {
        List<Callable<?>> tasks = List.of(this::read, this::remove);
        Threads.run(tasks);
    }

    private TwinSql.Batch read() throws Exception {
        try (Connection connection = connection()) {
            long position = 0;
            TwinSql.Batch next;
            do {
                next = JdbcSql.read(
                        connection,
                        position,
                        batch,
                        delivered -> tally.handled(delivered.payload().number()));
                position = next.seqs().isEmpty() ? position : next.last();
                handled.put(next);
            } while (next.isFull());
            return next;
        }
    }

    private TwinSql.Batch remove() throws Exception {
        try (Connection connection = connection()) {
            TwinSql.Batch next;
            do {
                next = handled.take();
                JdbcSql.remove(connection, next.seqs());
            } while (next.isFull());
            return next;
        }
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = super.config();
        config.put("batchSize", batch);
        return config;
    }
}
