package io.penstock.crash;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** PostgreSQL's programs, taken out of their Maven artifact once, and how they are called. */
final class PostgresBinaries {

    private static final Path DIRECTORY = Path.of("target", "postgres-binaries").toAbsolutePath();

    private final Path bin;

    private PostgresBinaries(Path bin) {
        this.bin = bin;
    }

    /** The library has no way to unpack without starting a server, so it starts one, once. */
    static PostgresBinaries unpacked() {
        Path found = find();
        if (found == null) {
            unpack();
            found = find();
        }
        if (found == null) {
            throw new IllegalStateException("No PostgreSQL in " + DIRECTORY);
        }
        return new PostgresBinaries(found);
    }

    /** PostgreSQL refuses to run as root; in a user namespace of its own it does not know that it is. */
    ProcessBuilder command(String program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(bin.resolve(program).toString());
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    private static Path find() {
        if (!Files.isDirectory(DIRECTORY)) {
            return null;
        }
        try (Stream<Path> unpacked = Files.list(DIRECTORY)) {
            return unpacked.map(directory -> directory.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("postgres")))
                    .findFirst()
                    .orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void unpack() {
        try {
            Files.createDirectories(DIRECTORY);
            EmbeddedPostgres.builder()
                    .setOverrideWorkingDirectory(DIRECTORY.toFile())
                    .start()
                    .close();
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL could not be unpacked", e);
        }
    }
}
