package io.penstock.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** A KRaft broker in a process of its own, one for all cells; it ends with this one. Blocks. */
final class Broker {

    static final int PARTITIONS = 8;
    private static final String CLUSTER = "cGVuc3RvY2stYmVuY2gtMQ";
    private static final String SETTINGS = """
            process.roles=broker,controller
            node.id=1
            listeners=PLAINTEXT://localhost:%1$d,CONTROLLER://localhost:%2$d
            controller.listener.names=CONTROLLER
            controller.quorum.voters=1@localhost:%2$d
            log.dirs=%3$s
            offsets.topic.replication.factor=1
            offsets.topic.num.partitions=4
            group.initial.rebalance.delay.ms=0
            auto.create.topics.enable=false
            """;
    private static final long STARTING_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final int port;
    private final ChildJvm process;

    private Broker(int port, ChildJvm process) {
        this.port = port;
        this.process = process;
    }

    static Broker shared() {
        return Shared.BROKER;
    }

    String bootstrap() {
        return "localhost:" + port;
    }

    /**
     * Creates a topic, and waits until its leaders answer. A broker that is not yet the leader refuses a producer's first
     * batch, and then takes the second as its first: the first never fits again.
     */
    void topic(String name) throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, Optional.of(PARTITIONS), Optional.empty())))
                    .all()
                    .get();
        }
        if (Records.count(this, name) != 0) {
            throw new IllegalStateException("The topic " + name + " is not new");
        }
    }

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrap()));
    }

    private static Broker start() {
        try {
            Path directory = Files.createTempDirectory("penstock-bench-broker-");
            int port = freePort();
            Files.writeString(
                    directory.resolve("server.properties"),
                    SETTINGS.formatted(port, freePort(), directory.resolve("log")));
            Broker broker = new Broker(port, ChildJvm.start(Main.class, "512m", line -> {}, directory.toString()));
            broker.awaitReady();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException("The Kafka broker did not start", e);
        }
    }

    private void awaitReady() {
        long until = System.nanoTime() + STARTING_NANOS;
        try (Admin admin = admin()) {
            while (!answers(admin)) {
                if (!process.isRunning() || System.nanoTime() - until > 0) {
                    throw new IllegalStateException("The Kafka broker did not start");
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

    private static final class Shared {
        private static final Broker BROKER = start();
    }

    /** The broker's process: formats its directory, serves, and removes the directory when its input ends. */
    static final class Main {

        private Main() {}

        public static void main(String[] arguments) {
            Path directory = Path.of(arguments[0]);
            String settings = directory.resolve("server.properties").toString();
            StorageTool.execute(new String[] {"format", "-t", CLUSTER, "-c", settings}, System.out);
            Thread end = new Thread(() -> endWithParent(directory), "end-with-parent");
            end.setDaemon(true);
            end.start();
            Kafka.main(new String[] {settings});
        }

        private static void endWithParent(Path directory) {
            try {
                int input = System.in.read();
                while (input >= 0) {
                    input = System.in.read();
                }
            } catch (IOException e) {
                // As if it had ended.
            }
            remove(directory);
            Runtime.getRuntime().halt(0);
        }

        private static void remove(Path directory) {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            } catch (IOException e) {
                System.err.println("The directory of the broker stays: " + directory);
            }
        }
    }
}
