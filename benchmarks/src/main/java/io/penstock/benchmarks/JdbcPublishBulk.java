package io.penstock.benchmarks;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;

/** {@link TwinPublishBulk} with a thread that writes JSON and one that stores it. */
final class JdbcPublishBulk extends JdbcAttempt {

    private final BlockingQueue<List<TwinSql.Row>> written = new ArrayBlockingQueue<>(2);

    JdbcPublishBulk(Bench bench) {
        super(bench, 1);
    }

    @Override
    public void run() throws Exception {
        List<Callable<?>> tasks = List.of(this::write, this::store);
        Threads.run(tasks);
    }

    private Integer write() throws InterruptedException {
        for (int from = 0; from < bench.events(); from += TwinPublishBulk.BATCH) {
            int to = Math.min(bench.events(), from + TwinPublishBulk.BATCH);
            List<TwinSql.Row> rows = new ArrayList<>(to - from);
            for (int number = from; number < to; number++) {
                rows.add(TwinSql.Row.of(bench.payload(number)));
            }
            written.put(rows);
        }
        return bench.events();
    }

    private Integer store() throws Exception {
        int stored = 0;
        try (Connection connection = connection()) {
            while (stored < bench.events()) {
                List<TwinSql.Row> rows = written.take();
                JdbcSql.append(connection, rows);
                stored += rows.size();
            }
        }
        return stored;
    }

    @Override
    public void verify() throws Exception {
        Stored.require(bench.database(), bench.events());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = super.config();
        config.put("batchSize", TwinPublishBulk.BATCH);
        return config;
    }
}
