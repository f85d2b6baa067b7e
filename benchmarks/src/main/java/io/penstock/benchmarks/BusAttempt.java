package io.penstock.benchmarks;

import io.penstock.bus.Event;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A job done by the bus: one node, with an application's pool of connections. */
abstract class BusAttempt implements Attempt {

    static final int POOL = 20;

    final Bench bench;
    final ConnectionPool pool;
    private final int poolSize;
    final R2dbcEventBus bus;
    private @Nullable Owed owed;

    BusAttempt(Bench bench) {
        this(bench, POOL, BusOptions.DEFAULTS);
    }

    BusAttempt(Bench bench, int poolSize, BusOptions options) {
        this.bench = bench;
        this.poolSize = poolSize;
        this.pool = R2dbc.pool(bench.database(), poolSize);
        this.bus = R2dbcEventBus.create(pool, options);
    }

    @Override
    public void prepare() throws Exception {
        Blocking.await(bus.start());
        R2dbc.fill(pool);
        owed = Owed.open(bench.database());
    }

    /** From {@link #prepare()} on. */
    Owed owed() {
        return Objects.requireNonNull(owed, "not prepared");
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("busConnections", BusOptions.DEFAULTS.connections());
        config.put("connections", poolSize);
        return config;
    }

    @Override
    public void close() throws Exception {
        if (owed != null) {
            owed.close();
        }
        Blocking.await(bus.close().then(pool.disposeLater()));
    }

    static Event<Payload> event(Payload payload) {
        return Event.builder(payload).key(payload.customer()).build();
    }
}
