package io.penstock.crash;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A node from the rig's side: a JVM that can be told things, awaited, stopped, continued and killed. Blocks. */
final class NodeProcess {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String name;
    private final NodeOptions options;
    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Consumer<String> onLine;
    private final Thread reader;

    NodeProcess(NodeOptions options, Consumer<String> onLine) {
        this.name = options.text("name");
        this.options = options;
        this.onLine = onLine;
        this.process = start(options);
        this.reader = new Thread(this::read, "reads " + name);
        reader.setDaemon(true);
        reader.start();
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void tell(String line) {
        try {
            Writer stdin = process.outputWriter(StandardCharsets.UTF_8);
            stdin.write(line + "\n");
            stdin.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " does not listen", e);
        }
    }

    void kill() {
        Signals.kill(pid());
        awaitEnd();
    }

    void stop() {
        Signals.stop(pid());
    }

    void go() {
        Signals.go(pid());
    }

    void terminate() {
        Signals.terminate(pid());
    }

    NodeProcess awaitReady() {
        awaitLine("ready"::equals);
        return this;
    }

    /** The first line that fits, of all that were or will be told. */
    String awaitLine(Predicate<String> fits) {
        await(name)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> lines.stream().anyMatch(fits) || !isTelling());
        return lines.stream()
                .filter(fits)
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " ended and told only " + last()));
    }

    long count(String prefix) {
        return lines(prefix).size();
    }

    List<String> lines(String prefix) {
        return lines.stream().filter(line -> line.startsWith(prefix)).toList();
    }

    /** How many connections of the application's pool are lent just now. */
    int acquired() {
        long before = count("pool ");
        tell("pool");
        await(name).atMost(PATIENCE).until(() -> count("pool ") > before || !isTelling());
        String last =
                lines.stream().filter(line -> line.startsWith("pool ")).reduce("pool 0", (first, second) -> second);
        return Integer.parseInt(last.substring("pool ".length()));
    }

    /** Its end, and what it told until then; emits the status it ended with. */
    int awaitEnd() {
        await(name).atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> !isTelling());
        await(name).atMost(PATIENCE).until(() -> !process.isAlive());
        return process.exitValue();
    }

    private boolean isTelling() {
        return reader.isAlive();
    }

    private List<String> last() {
        return lines.subList(Math.max(0, lines.size() - 10), lines.size());
    }

    private void read() {
        try (BufferedReader stdout = process.inputReader(StandardCharsets.UTF_8);
                PrintWriter log = new PrintWriter(Files.newBufferedWriter(log(options, "out.log")), true)) {
            for (String line = stdout.readLine(); line != null; line = stdout.readLine()) {
                log.println(LocalTime.now(ZoneOffset.UTC) + " " + line);
                lines.add(line);
                onLine.accept(line);
            }
        } catch (IOException killed) {
            // What it told is in the list.
        }
    }

    private static Process start(NodeOptions options) {
        try {
            return new ProcessBuilder(command(options))
                    .redirectError(log(options, "err.log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("A node did not start", e);
        }
    }

    private static Path log(NodeOptions options, String kind) throws IOException {
        Path nodes = Files.createDirectories(Path.of("target", "nodes"));
        return nodes.resolve(options.text("database") + "-" + options.text("name") + "." + kind);
    }

    private static List<String> command(NodeOptions options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-Duser.timezone=UTC",
                "-cp",
                System.getProperty("java.class.path"),
                NodeMain.class.getName()));
        command.addAll(options.arguments());
        return command;
    }
}
