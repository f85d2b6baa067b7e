package io.penstock.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** A program of ours in a JVM of its own: told what to do by lines, and telling by lines what it did. */
final class ChildJvm implements AutoCloseable {

    private final Process process;
    private final PrintWriter orders;

    private ChildJvm(Process process, Consumer<String> onLine) {
        this.process = process;
        this.orders = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread reader = new Thread(() -> read(onLine), "child-" + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** @param onLine gets each line it prints, on a thread of its own */
    static ChildJvm start(Class<?> program, String heap, Consumer<String> onLine, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-cp",
                classPath(program.getClassLoader()),
                program.getName()));
        command.addAll(List.of(arguments));
        try {
            return new ChildJvm(
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start(),
                    onLine);
        } catch (IOException e) {
            throw new UncheckedIOException(program.getSimpleName() + " did not start", e);
        }
    }

    void tell(String order) {
        orders.println(order);
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** Ends when its input does, or is ended. */
    @Override
    public void close() throws InterruptedException {
        orders.close();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    private void read(Consumer<String> onLine) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                onLine.accept(line);
            }
        } catch (IOException e) {
            // It was ended; whoever waits for more of it finds out by its own patience.
        }
    }

    /** Run by Maven, our classes have a loader of their own. */
    private static String classPath(ClassLoader loader) {
        return loader instanceof URLClassLoader urls
                ? Arrays.stream(urls.getURLs()).map(URL::getPath).collect(Collectors.joining(File.pathSeparator))
                : System.getProperty("java.class.path");
    }
}
