package io.penstock.crash;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A PostgreSQL as durable as in production, whose processes can be killed at once and started again on their data.
 * One for all scenarios of the JVM, each of which has a database of its own. Blocks.
 */
final class PostgresServer {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> SETTINGS = List.of(
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            "max_connections=200",
            "shared_preload_libraries=pg_stat_statements",
            "max_wal_size=4GB",
            "deadlock_timeout=100ms",
            "track_activity_query_size=16384",
            "log_min_messages=fatal");

    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static PostgresServer shared;

    private final PostgresBinaries binaries = PostgresBinaries.unpacked();
    private final Path home;
    private final int port;
    private Process postmaster;

    private PostgresServer() {
        try {
            this.home = Files.createTempDirectory("penstock-crash");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.port = freePort();
    }

    static synchronized PostgresServer shared() {
        if (shared == null) {
            PostgresServer server = new PostgresServer();
            server.initialize();
            server.start();
            Runtime.getRuntime().addShutdownHook(new Thread(server::dispose));
            shared = server;
        }
        return shared;
    }

    int port() {
        return port;
    }

    /** A new, empty database; the name is returned. */
    String createDatabase() {
        String name = "crash_" + DATABASES.incrementAndGet();
        new Sql(this, "postgres").execute("CREATE DATABASE " + name);
        return name;
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?ApplicationName=rig", "postgres", "");
    }

    /** Every process of the server ends at the same moment, as with a loss of power: none can tidy up. */
    void kill() {
        // Stopped first, so that it starts no further process while the others are being killed.
        Signals.stop(postmaster.pid());
        postmaster.descendants().forEach(ProcessHandle::destroyForcibly);
        Signals.kill(postmaster.pid());
        await().atMost(PATIENCE).until(() -> !postmaster.isAlive());
    }

    /** Starts on the data that is there, and recovers it if need be. */
    void start() {
        // The server refuses while a process of its predecessor still ends.
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> isRunning() && answers());
    }

    private boolean isRunning() {
        if (postmaster == null || !postmaster.isAlive()) {
            postmaster = run();
        }
        return true;
    }

    private Process run() {
        List<String> arguments = new ArrayList<>(List.of("-D", data(), "-p", Integer.toString(port)));
        SETTINGS.forEach(setting -> arguments.addAll(List.of("-c", setting)));
        return start(binaries.command("postgres", arguments));
    }

    private boolean answers() {
        try (Connection connection = connect("postgres")) {
            return connection.isValid(5);
        } catch (SQLException e) {
            return false;
        }
    }

    private void initialize() {
        Process initdb = start(binaries.command(
                "initdb", List.of("-D", data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")));
        await().atMost(PATIENCE).until(() -> !initdb.isAlive());
        if (initdb.exitValue() != 0) {
            throw new IllegalStateException("initdb failed, see " + home.resolve("server.log"));
        }
    }

    private Process start(ProcessBuilder command) {
        try {
            return command.redirectOutput(ProcessBuilder.Redirect.appendTo(
                            home.resolve("server.log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL did not start", e);
        }
    }

    private void dispose() {
        kill();
        Directories.delete(home);
    }

    private String data() {
        return home.resolve("data").toString();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
