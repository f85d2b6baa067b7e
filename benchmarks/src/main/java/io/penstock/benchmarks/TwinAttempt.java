package io.penstock.benchmarks;

import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Map;

/** A job done by hand on a few connections of r2dbc-postgresql, which are open before it begins. */
abstract class TwinAttempt implements Attempt {

    final Bench bench;
    private final int count;
    private List<Connection> connections = List.of();

    TwinAttempt(Bench bench, int connections) {
        this.bench = bench;
        this.count = connections;
    }

    @Override
    public void prepare() throws Exception {
        connections = R2dbc.open(bench.database(), count);
    }

    Connection connection(int number) {
        return connections.get(number);
    }

    @Override
    public Map<String, Object> config() {
        return Map.of("connections", count);
    }

    @Override
    public void close() {
        Blocking.await(R2dbc.close(connections));
    }
}
