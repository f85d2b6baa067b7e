package io.penstock.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** A Kafka broker of our own in a process of its own, with its data in a temporary directory. Blocks. */
final class EmbeddedBroker implements AutoCloseable {

    private static final Duration STARTING = Duration.ofMinutes(1);
    private static final String CLUSTER = "cGVuc3RvY2stc2hvcC0wMQ";
    private static final String SETTINGS = """
            process.roles=broker,controller
            node.id=1
            listeners=PLAINTEXT://localhost:%1$d,CONTROLLER://localhost:%2$d
            controller.listener.names=CONTROLLER
            controller.quorum.voters=1@localhost:%2$d
            log.dirs=%3$s
            offsets.topic.replication.factor=1
            offsets.topic.num.partitions=1
            group.initial.rebalance.delay.ms=0
            auto.create.topics.enable=false
            broker.session.timeout.ms=2000
            broker.heartbeat.interval.ms=500
            """;

    private final Path directory;
    private final int port;
    private ChildJvm process;

    private EmbeddedBroker(Path directory, int port) {
        this.directory = directory;
        this.port = port;
        this.process = launch();
    }

    static EmbeddedBroker start() {
        try {
            Path directory = Files.createTempDirectory("penstock-broker-");
            int port = freePort();
            Files.writeString(
                    directory.resolve("server.properties"),
                    SETTINGS.formatted(port, freePort(), directory.resolve("log")));
            EmbeddedBroker broker = new EmbeddedBroker(directory, port);
            broker.awaitReady();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded Kafka broker did not start", e);
        }
    }

    String bootstrap() {
        return "localhost:" + port;
    }

    /** Kills the broker and starts it again on its files. */
    void restart() {
        process.kill();
        process = launch();
        awaitReady();
    }

    @Override
    public void close() {
        process.kill();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException("The directory of the broker stays: " + directory, e);
        }
    }

    boolean answers() {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap()))) {
            return answers(admin);
        }
    }

    private ChildJvm launch() {
        return ChildJvm.start(Main.class, directory.resolve("broker.log"), directory.toString());
    }

    private void awaitReady() {
        long until = System.nanoTime() + STARTING.toNanos();
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap()))) {
            while (!answers(admin)) {
                if (!process.isRunning() || System.nanoTime() - until > 0) {
                    throw new IllegalStateException(
                            "the embedded Kafka broker did not start: see " + directory.resolve("broker.log"));
                }
            }
        }
    }

    /** Waits for an answer for a while. */
    private static boolean answers(Admin admin) {
        try {
            return !admin.describeCluster().nodes().get(1, TimeUnit.SECONDS).isEmpty();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the broker started", e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The broker's process: formats its directory if that is new, and serves. */
    static final class Main {

        private Main() {}

        public static void main(String[] args) {
            Path directory = Path.of(args[0]);
            String settings = directory.resolve("server.properties").toString();
            if (!Files.exists(directory.resolve("log"))) {
                StorageTool.execute(new String[] {"format", "-t", CLUSTER, "-c", settings}, System.out);
            }
            ChildJvm.endWithParent();
            Kafka.main(new String[] {settings});
        }
    }
}
