package io.penstock.benchmarks;

import io.penstock.benchmarks.peers.Peers;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.CodeSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.postgresql.Driver;
import reactor.core.publisher.Flux;
import tools.jackson.databind.json.JsonMapper;

/** What the figures were measured on, by name; kept beside the results. */
record Machine(Map<String, String> facts, Map<String, String> settings) {

    private static final List<String> SETTINGS = List.of(
            "server_version",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "autovacuum",
            "shared_buffers",
            "max_wal_size",
            "checkpoint_timeout",
            "wal_sync_method");
    private static final List<Class<?>> LIBRARIES = List.of(
            Flux.class, PostgresqlConnectionFactory.class, ConnectionPool.class, Driver.class, KafkaProducer.class);
    private static final int SYNCS = 200;

    Machine {
        facts = new LinkedHashMap<>(facts);
        settings = new LinkedHashMap<>(settings);
    }

    static Machine of(Server server) throws SQLException, IOException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("processor", line("/proc/cpuinfo", "model name"));
        facts.put("memory", line("/proc/meminfo", "MemTotal"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("Java", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        facts.put("heap of the JVM", (Runtime.getRuntime().maxMemory() >> 20) + " MiB at most");
        facts.put("libraries", libraries());
        facts.put("PostgreSQL", server.isEmbedded() ? "embedded, on the same machine" : "given");
        facts.put("writing 8 KiB and syncing, median", String.format(Locale.ROOT, "%.2f ms", syncMillis()));
        return new Machine(facts, settings(server));
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, JsonMapper.shared().writeValueAsString(this));
    }

    static Machine read(Path file) throws IOException {
        return JsonMapper.shared().readValue(Files.readString(file), Machine.class);
    }

    /** The files that the classes come from have the versions in their names. */
    private static String libraries() {
        Stream<String> files =
                Stream.concat(LIBRARIES.stream(), Peers.libraries().stream()).map(Machine::file);
        return Stream.concat(files, Peers.fromNpm().stream()).collect(Collectors.joining(", "));
    }

    private static String file(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null
                ? "unknown"
                : Path.of(URI.create(source.getLocation().toString()))
                        .getFileName()
                        .toString()
                        .replace(".jar", "");
    }

    private static Map<String, String> settings(Server server) throws SQLException {
        Map<String, String> settings = new LinkedHashMap<>();
        try (Connection connection = Jdbc.open(server.address());
                Statement statement = connection.createStatement()) {
            for (String name : SETTINGS) {
                try (ResultSet rows = statement.executeQuery("SHOW " + name)) {
                    rows.next();
                    settings.put(name, rows.getString(1));
                }
            }
        }
        return settings;
    }

    private static String line(String file, String name) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }

    /** Where the embedded server has its files: a disk that does not sync would flatter everybody. */
    private static double syncMillis() throws IOException {
        Path file = Files.createTempFile("penstock-bench", ".sync");
        long[] nanos = new long[SYNCS];
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int i = 0; i < SYNCS; i++) {
                long startedAt = System.nanoTime();
                channel.write(ByteBuffer.allocate(8_192));
                channel.force(false);
                nanos[i] = System.nanoTime() - startedAt;
            }
        } finally {
            Files.delete(file);
        }
        Arrays.sort(nanos);
        return nanos[SYNCS / 2] / 1e6;
    }
}
