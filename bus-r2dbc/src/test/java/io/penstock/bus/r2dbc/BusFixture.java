package io.penstock.bus.r2dbc;

import static org.awaitility.Awaitility.await;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A schema of its own for each test, and buses on it that end with the test. The poll interval is an hour, so whatever
 * arrives was delivered by a wake-up, unless a test says otherwise.
 */
final class BusFixture implements BeforeEachCallback, AfterEachCallback {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    final RecordingListener listener = new RecordingListener();
    final ConnectionPool application = TestServer.pool(10);
    private final List<R2dbcEventBus> buses = new ArrayList<>();
    private String schema = "";

    @Override
    public void beforeEach(ExtensionContext context) {
        String name = context.getRequiredTestClass().getSimpleName() + "_"
                + Integer.toHexString(context.getUniqueId().hashCode());
        schema = name.toLowerCase(Locale.ROOT);
        execute("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        buses.forEach(bus -> bus.close().block(PATIENCE));
        application.disposeLater().block(PATIENCE);
        Mono.usingWhen(
                        TestServer.connections().create(),
                        connection ->
                                Database.changed(connection, "DROP SCHEMA IF EXISTS " + schema + " CASCADE", s -> {}),
                        Connection::close)
                .block(PATIENCE);
        BlockingCalls.assertNone();
    }

    String schema() {
        return schema;
    }

    BusOptions.Builder options() {
        return BusOptions.builder()
                .schema(schema)
                .listener(listener)
                .pollInterval(Duration.ofHours(1))
                .grace(Duration.ofSeconds(10));
    }

    /** A started bus with the fixture's options. */
    R2dbcEventBus bus() {
        return bus(options -> options);
    }

    R2dbcEventBus bus(UnaryOperator<BusOptions.Builder> more) {
        return bus(more.apply(options()).build());
    }

    R2dbcEventBus bus(BusOptions options) {
        return bus(application, options);
    }

    /** A started bus whose application has another connection factory than the fixture's. */
    R2dbcEventBus bus(ConnectionFactory connections, BusOptions options) {
        R2dbcEventBus bus = R2dbcEventBus.create(connections, options);
        buses.add(bus);
        bus.start().block(PATIENCE);
        return bus;
    }

    /** The channel on which the nodes of this schema signal each other. */
    String channel() {
        return new SchemaName(schema).channel();
    }

    /** The server's processes for the connections on which buses of this schema listen. */
    List<Integer> listeners() {
        return all(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'penstock' AND query ~ '^(LISTEN|NOTIFY) %s'"
                        .formatted(channel()),
                row -> row.get("pid", Integer.class));
    }

    void terminateListeners() {
        listeners().forEach(pid -> execute("SELECT pg_terminate_backend(" + pid + ")"));
    }

    /** Subscribes and waits until the consumer is registered and owns its partitions. */
    RunningConsumer subscribe(R2dbcEventBus bus, ConsumerSpec<?> spec) {
        RunningConsumer running = bus.subscribe(spec).block(PATIENCE);
        awaitThat(() -> leased(spec.name()) == spec.options().partitions());
        return running;
    }

    long leased(String consumer) {
        return count("partition_lease JOIN %s.consumer ON id = consumer_id WHERE name = '%s' AND node_id IS NOT NULL"
                .formatted(schema, consumer));
    }

    ConsumerStats stats(R2dbcEventBus bus, String consumer) {
        return bus.stats().block(PATIENCE).of(consumer);
    }

    void execute(String sql) {
        Mono.usingWhen(application.create(), c -> Database.changed(c, sql, s -> {}), Connection::close)
                .block(PATIENCE);
    }

    /** The count of rows of what follows FROM; the first word is a table of the bus. */
    long count(String from) {
        return one("SELECT count(*) AS n FROM " + schema + "." + from, row -> row.get("n", Long.class));
    }

    <T> T one(String sql, Function<Readable, T> row) {
        return all(sql, row).get(0);
    }

    <T> List<T> all(String sql, Function<Readable, T> row) {
        return Mono.usingWhen(
                        application.create(),
                        c -> Database.rows(c, sql, s -> {}, row).collectList(),
                        Connection::close)
                .block(PATIENCE);
    }

    /** How many rows each state of a consumer's inbox has. */
    Map<Integer, Long> inbox(String consumer) {
        Map<Integer, Long> states = new TreeMap<>();
        all(
                        "SELECT state::int4 AS state, count(*) AS n FROM %1$s.inbox JOIN %1$s.consumer ON id = consumer_id WHERE name = '%2$s' GROUP BY 1"
                                .formatted(schema, consumer),
                        row -> Map.entry(row.get("state", Integer.class), row.get("n", Long.class)))
                .forEach(state -> states.put(state.getKey(), state.getValue()));
        return states;
    }

    /** While a transaction of somebody else keeps everybody from writing to a table. */
    void whileLocked(String table, Runnable work) {
        Mono.usingWhen(
                        application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(Database.changed(
                                        connection, "LOCK TABLE %s.%s IN SHARE MODE".formatted(schema, table), s -> {}))
                                .then(Mono.fromRunnable(work).subscribeOn(Schedulers.boundedElastic())),
                        connection ->
                                Mono.from(connection.rollbackTransaction()).then(Mono.from(connection.close())))
                .block(PATIENCE);
    }

    void awaitStatementThatWaits() {
        awaitThat(() -> one(
                        "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"
                                + schema + "%'",
                        row -> row.get("n", Long.class))
                > 0);
    }

    /** The transaction of a handler that waits for a row of the inbox. */
    void awaitTakeThatWaits() {
        awaitThat(() -> takesThatWait() > 0);
    }

    long takesThatWait() {
        return one(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                        + " AND query LIKE 'BEGIN; EXECUTE penstock_take%'",
                row -> row.get("n", Long.class));
    }

    static void awaitThat(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(condition);
    }

    static <T> Flux<T> range(int count, Function<Integer, T> value) {
        return Flux.range(0, count).map(value);
    }
}
