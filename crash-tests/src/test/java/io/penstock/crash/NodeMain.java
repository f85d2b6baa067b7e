package io.penstock.crash;

import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.ConnectionFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A node of the rig: an application with a bus, in a JVM of its own. Told what to do by arguments and by lines on stdin,
 * it tells what happens by lines on stdout. SIGTERM closes the bus; when the rig is gone, so is the node.
 */
final class NodeMain {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final NodeOptions options;
    private final Tasks tasks;
    private final ConnectionPool application;
    private final R2dbcEventBus bus;

    private NodeMain(NodeOptions options) {
        Failpoints failpoints = options.failpoints();
        this.options = options;
        this.tasks = new Tasks(options.text("name"), failpoints);
        this.application = Database.pool(connections(options, failpoints));
        this.bus = R2dbcEventBus.create(application, busOptions(options, failpoints));
    }

    public static void main(String[] arguments) throws IOException {
        NodeMain node = new NodeMain(NodeOptions.parse(arguments));
        node.start();
        node.obey();
        Runtime.getRuntime().halt(1);
    }

    private static ConnectionFactory connections(NodeOptions options, Failpoints failpoints) {
        ConnectionFactory connections =
                Database.connections(options.number("port"), options.text("database"), options.text("isolation"));
        return failpoints.isArmed(Failpoint.REMOVED) ? new RemovalWatch(connections, failpoints) : connections;
    }

    private static BusOptions busOptions(NodeOptions options, Failpoints failpoints) {
        return BusOptions.builder()
                .node(options.text("name"))
                .lease(options.millis("lease"))
                .pollInterval(options.millis("poll"))
                .grace(options.millis("grace"))
                .acquireTimeout(options.millis("acquire"))
                .retention(options.millis("retention"))
                .retentionInterval(Duration.ofSeconds(1))
                .listener(new NodeListener(failpoints, options.is("talk")))
                .build();
    }

    private void start() {
        bus.start().block(PATIENCE);
        NodeConsumers consumers = new NodeConsumers(options, tasks, application);
        options.contracts()
                .forEach(contract -> bus.subscribe(consumers.spec(contract)).block(PATIENCE));
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        Tell.line("ready");
    }

    private void close() {
        bus.close().block(PATIENCE);
        Tell.line("closed acquired=" + acquired());
    }

    private void obey() throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        NodePublisher publisher = new NodePublisher(bus, options.text("name"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            switch (line.split(" ", -1)[0]) {
                case "release" -> tasks.release();
                case "release-failing" -> tasks.releaseFailing();
                case "pool" -> Tell.line("pool " + acquired());
                case "publish" -> publisher.publish(Integer.parseInt(line.split(" ", -1)[1]));
                case "retire" -> bus.retire().subscribe();
                default -> Tell.line("what is " + line + "?");
            }
        }
    }

    private int acquired() {
        return application.getMetrics().map(PoolMetrics::acquiredSize).orElse(0);
    }
}
