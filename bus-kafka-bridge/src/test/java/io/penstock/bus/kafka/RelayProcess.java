package io.penstock.bus.kafka;

import io.penstock.bus.BusListener;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;

/** A relay in a JVM of its own, so that it can be killed. */
final class RelayProcess implements AutoCloseable {

    private final Process process;

    private RelayProcess(Process process) {
        this.process = process;
    }

    static RelayProcess start(String schema, String bootstrap, String topic) {
        try {
            return new RelayProcess(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            RelayProcess.class.getName(),
                            Integer.toString(TestServer.port()),
                            schema,
                            bootstrap,
                            topic)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** The process is gone when this returns. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public static void main(String[] args) throws InterruptedException {
        PostgresqlConnectionFactory connections =
                new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                        .host("localhost")
                        .port(Integer.parseInt(args[0]))
                        .username("postgres")
                        .password("postgres")
                        .database("postgres")
                        .build());
        R2dbcEventBus bus = R2dbcEventBus.create(
                connections,
                BusOptions.builder()
                        .schema(args[1])
                        .lease(Duration.ofSeconds(1))
                        .listener(BusListener.NONE)
                        .build());
        bus.start().block();
        KafkaRelay.create(
                        bus,
                        RelayOptions.builder("relay", "order.*")
                                .bootstrapServers(args[2])
                                .routing(Routing.toTopic(args[3]))
                                .batchSize(50)
                                .build())
                .start()
                .block();
        ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
        parent.onExit().join();
        Runtime.getRuntime().halt(1);
    }
}
