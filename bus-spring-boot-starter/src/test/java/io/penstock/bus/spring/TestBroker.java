package io.penstock.bus.spring;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.springframework.util.FileSystemUtils;

/** A real broker in a JVM of its own, which makes the topics it is asked for. */
final class TestBroker implements AutoCloseable {

    private static final String CLUSTER = "c3RhcnRlci1icm9rZXItMQ";
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
            num.partitions=1
            log.cleaner.enable=false
            """;

    private final Path directory;
    private final int port;
    private final Process process;

    private TestBroker(Path directory, int port, Process process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    static TestBroker start() throws IOException {
        Path directory = Files.createTempDirectory("penstock-kafka-");
        int port = freePort();
        Files.writeString(
                directory.resolve("server.properties"), SETTINGS.formatted(port, freePort(), directory.resolve("log")));
        TestBroker broker = new TestBroker(directory, port, launch(directory));
        broker.awaitReady();
        return broker;
    }

    String bootstrap() {
        return "localhost:" + port;
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        FileSystemUtils.deleteRecursively(directory);
    }

    private static Process launch(Path directory) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Main.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("broker.log").toFile())
                .start();
    }

    private void awaitReady() {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap()))) {
            await().atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(50))
                    .ignoreExceptions()
                    .until(() -> !admin.describeCluster()
                            .nodes()
                            .get(2, TimeUnit.SECONDS)
                            .isEmpty());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The child: formats its directory and serves, as long as its parent lives. */
    static final class Main {

        public static void main(String[] args) {
            String settings = Path.of(args[0], "server.properties").toString();
            StorageTool.execute(new String[] {"format", "-t", CLUSTER, "-c", settings}, System.out);
            ProcessHandle.current().parent().ifPresent(parent -> {
                var unused = parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1));
            });
            Kafka.main(new String[] {settings});
        }
    }
}
