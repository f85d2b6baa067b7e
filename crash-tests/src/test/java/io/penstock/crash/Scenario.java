package io.penstock.crash;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One scenario's database, nodes, proxies and publishers, and the checker at its end. All of them end with the test. */
final class Scenario implements BeforeEachCallback, AfterEachCallback {

    static final Duration PATIENCE = Duration.ofSeconds(90);
    static final Duration LONG_PATIENCE = Duration.ofMinutes(10);

    final PostgresServer server = PostgresServer.shared();
    final History history = new History();
    private final AtomicLong faults = new AtomicLong();
    private final List<NodeProcess> nodes = new ArrayList<>();
    private final List<AutoCloseable> others = new ArrayList<>();
    private final String database = server.createDatabase();
    final Sql sql = new Sql(server, database);
    final Ledger ledger = new Ledger(sql);
    private List<Contract> contracts = List.of(Contract.TX);
    private Publisher publisher;

    @Override
    public void beforeEach(ExtensionContext context) {
        System.out.println("--- " + context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName());
        ledger.create();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        for (AutoCloseable other : others) {
            other.close();
        }
        nodes.stream().filter(NodeProcess::isAlive).forEach(NodeProcess::kill);
        new Sql(server, "postgres").execute("DROP DATABASE " + database + " WITH (FORCE)");
    }

    /** Starts a node directly at the server and waits until its consumers run. */
    NodeProcess node(String name, NodeOptions options) {
        return node(name, options, server.port());
    }

    NodeProcess node(String name, NodeOptions options, int port) {
        return start(name, options, port).awaitReady();
    }

    /** Starts a node that may not live long enough to be ready. */
    NodeProcess start(String name, NodeOptions options) {
        return start(name, options, server.port());
    }

    private NodeProcess start(String name, NodeOptions options, int port) {
        contracts = options.contracts();
        NodeProcess node = new NodeProcess(
                options.with("name", name).with("database", database).with("port", port), history::read);
        nodes.add(node);
        return node;
    }

    TcpProxy proxy() {
        TcpProxy proxy = new TcpProxy(server.port());
        others.add(proxy);
        return proxy;
    }

    /** The publisher that is not in the way of any fault. */
    Publisher publisher() {
        if (publisher == null) {
            publisher = publisher(server.port());
        }
        return publisher;
    }

    Publisher publisher(int port) {
        Publisher created = new Publisher(history, port, database);
        others.add(0, created);
        return created;
    }

    /** What the scenario is about has happened. */
    void fired() {
        faults.incrementAndGet();
    }

    /** The node's own failpoint has happened: it told so with its last line. */
    void awaitFired(NodeProcess node) {
        node.awaitLine(line -> line.startsWith("fired "));
        node.awaitEnd();
        fired();
    }

    /** How many partitions a node owns just now, of all consumers. */
    long leases(String node) {
        return sql.number("SELECT count(*) FROM penstock.partition_lease JOIN penstock.node ON node.id = node_id"
                + " WHERE expires_at > clock_timestamp() AND name = '" + node + "'");
    }

    void awaitDrained() {
        awaitThat(() -> ledger.pending() == 0);
    }

    /** Waits until all is done and every connection is back; what is not by then, the verdict tells. */
    Verdict check() {
        return check(PATIENCE);
    }

    Verdict check(Duration patience) {
        try {
            awaiting(patience).until(() -> ledger.pending() == 0 && leaks().isEmpty());
        } catch (ConditionTimeoutException notDrained) {
            System.out.println("not drained within " + patience);
        }
        return verdict();
    }

    Verdict verdict() {
        return Checker.check(history, ledger.observe(leaks()), contracts, faults.get());
    }

    private List<String> leaks() {
        List<String> leaks = new ArrayList<>(ledger.leaks());
        nodes.stream()
                .filter(node -> node.isAlive() && node.acquired() > 0)
                .forEach(node -> leaks.add(node.name() + " has connections lent"));
        return leaks;
    }

    static void awaitThat(Callable<Boolean> condition) {
        awaiting(PATIENCE).until(condition);
    }

    static void await(Duration patience, Callable<Boolean> condition) {
        awaiting(patience).until(condition);
    }

    private static ConditionFactory awaiting(Duration patience) {
        return Awaitility.await()
                .atMost(patience)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions();
    }
}
