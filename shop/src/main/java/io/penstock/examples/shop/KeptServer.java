package io.penstock.examples.shop;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.springframework.util.FileSystemUtils;

/**
 * A PostgreSQL whose data stays, in a directory that one process has at a time. As durable as a server in production;
 * what its predecessor left running or half done is put in order first. Blocks.
 */
final class KeptServer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final HomeLock lock;
    private final EmbeddedPostgres postgres;
    private final String password;

    private KeptServer(HomeLock lock, EmbeddedPostgres postgres, String password) {
        this.lock = lock;
        this.postgres = postgres;
        this.password = password;
    }

    /** Throws {@link KeptServerException} when the directory is in use, cannot be written, or holds what does not start. */
    static KeptServer start(Path directory) {
        Path home = directory.toAbsolutePath().normalize();
        HomeLock lock = HomeLock.take(home);
        try {
            Path data = home.resolve("data");
            LeftServer.stop(data, PATIENCE);
            String password = ServerPassword.in(passwordFile(home));
            initialize(home, data, password);
            return new KeptServer(lock, run(home, data, password), password);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw new KeptServerException(
                    "The embedded PostgreSQL did not start on " + home + ": " + e.getMessage(),
                    "Look into " + log(home) + ", or choose another directory by --shop.data=DIRECTORY.",
                    e);
        }
    }

    String url() {
        return "r2dbc:postgresql://postgres:" + password + "@localhost:" + postgres.getPort() + "/postgres";
    }

    /** Under another name until it is complete: one that was interrupted must not be taken for a database. */
    private static void initialize(Path home, Path data, String password) throws IOException {
        if (Files.exists(data)) {
            return;
        }
        Path incomplete = home.resolve("data.incomplete");
        FileSystemUtils.deleteRecursively(incomplete);
        run(home, incomplete, password).close();
        Files.move(incomplete, data, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * The library is made for tests: it would not write durably, let in anybody, and stop the server before the shop has
     * ended. Its options for the locale are those of initdb.
     */
    private static EmbeddedPostgres run(Path home, Path data, String password) throws IOException {
        Redirect output = Redirect.appendTo(log(home).toFile());
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setPGStartupWait(PATIENCE)
                .setOutputRedirector(output)
                .setErrorRedirector(output)
                .setLocaleConfig("auth", "scram-sha-256")
                .setLocaleConfig("pwfile", passwordFile(home).toString())
                .setConnectConfig("password", password)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("max_connections", "50")
                .start();
    }

    private static Path passwordFile(Path home) {
        return home.resolve("password");
    }

    private static Path log(Path home) {
        return home.resolve("postgresql.log");
    }

    @Override
    public void close() {
        try {
            postgres.close();
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL did not stop", e);
        } finally {
            lock.close();
        }
    }
}
