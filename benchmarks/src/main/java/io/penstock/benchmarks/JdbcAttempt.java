package io.penstock.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A job done by hand on JDBC, by as many threads as connections of a pool that is filled before it begins. */
abstract class JdbcAttempt implements Attempt {

    final Bench bench;
    final int connections;
    private @Nullable HikariDataSource pool;

    JdbcAttempt(Bench bench, int connections) {
        this.bench = bench;
        this.connections = connections;
    }

    @Override
    public void prepare() throws Exception {
        pool = JdbcSql.pool(bench.database(), connections);
        for (int i = 0; i < connections; i++) {
            pool.getConnection().close();
        }
    }

    Connection connection() throws Exception {
        if (pool == null) {
            throw new IllegalStateException("not prepared");
        }
        return pool.getConnection();
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>();
        config.put("connections", connections);
        return config;
    }

    @Override
    public void close() {
        if (pool != null) {
            pool.close();
        }
    }
}
