package io.penstock.examples.shop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a shop that was killed has left of its PostgreSQL: a server that still runs, or the file that says so. To be
 * called by the holder of the directory's lock alone. Blocks.
 */
final class LeftServer {

    private LeftServer() {}

    /** Ends the server if it runs; removes the file if its process is gone, or its number has become another's. */
    static void stop(Path data, Duration patience) throws IOException {
        Path pid = data.resolve("postmaster.pid");
        if (!Files.exists(pid)) {
            return;
        }
        Optional<ProcessHandle> server = process(pid).filter(process -> isPostgres(process) && isOn(data, process));
        if (server.isPresent()) {
            interrupt(server.get(), patience);
        } else {
            Files.delete(pid);
        }
    }

    private static Optional<ProcessHandle> process(Path pid) throws IOException {
        String number = Files.readString(pid).lines().findFirst().orElse("").strip();
        return number.matches("\\d{1,18}") ? ProcessHandle.of(Long.parseLong(number)) : Optional.empty();
    }

    private static boolean isPostgres(ProcessHandle process) {
        return process.info()
                .command()
                .map(Path::of)
                .filter(path -> path.endsWith("postgres"))
                .isPresent();
    }

    /** The number may have become that of another's PostgreSQL. */
    private static boolean isOn(Path data, ProcessHandle postgres) {
        return postgres.info().arguments().map(List::of).orElse(List.of()).stream()
                .anyMatch(argument -> isSame(data, argument));
    }

    /** However it is spelled: by a link, say. */
    private static boolean isSame(Path data, String argument) {
        try {
            return Files.isSameFile(data, Path.of(argument));
        } catch (IOException | InvalidPathException e) {
            return false;
        }
    }

    /** PostgreSQL's fast shutdown: its clients are gone or are not the shop's. */
    private static void interrupt(ProcessHandle server, Duration patience) throws IOException {
        try {
            Process kill = new ProcessBuilder("kill", "-INT", Long.toString(server.pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0 && server.isAlive()) {
                throw new IOException("PostgreSQL, process " + server.pid() + ", cannot be told to end");
            }
            server.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while PostgreSQL, process " + server.pid() + ", ended", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("PostgreSQL, process " + server.pid() + ", does not end", e);
        }
    }
}
