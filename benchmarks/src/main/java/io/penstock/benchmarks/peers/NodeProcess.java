package io.penstock.benchmarks.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** One script of npm/ at work in a process of its own; driver.mjs says which lines it speaks. Thread-safe. */
final class NodeProcess implements AutoCloseable {

    private static final long GRACE_SECONDS = 10;

    private final Process process;
    private final Writer input;
    private final LongConsumer samples;
    private final Thread reader;
    private volatile boolean ready;
    private volatile boolean done;
    private volatile long handled;
    private volatile long again;
    private volatile long sum;

    private NodeProcess(Process process, LongConsumer samples) {
        this.process = process;
        this.input = process.outputWriter();
        this.samples = samples;
        this.reader = new Thread(this::read, "node-" + process.pid());
    }

    /** Starts the script; the consumer gets each latency, in microseconds. */
    static NodeProcess start(String script, Object config, LongConsumer samples)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder("node", script, JsonMapper.shared().writeValueAsString(config))
                .directory(NpmFolder.installed().toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        NodeProcess started = new NodeProcess(process, samples);
        started.reader.setDaemon(true);
        started.reader.start();
        return started;
    }

    void awaitReady(Duration most) {
        Conditions.await("a script that is not ready", () -> ready || ended(), most);
        requireAlive();
    }

    /** Waits for the end of what the script does by itself. */
    void awaitDone(Duration most) {
        Conditions.await("a script that is not done", () -> done || ended(), most);
        if (!done) {
            throw died();
        }
    }

    long handled() {
        return handled;
    }

    long again() {
        return again;
    }

    /** Of the numbers of all events that came; two processes that share them out show by it that none came to both. */
    long sum() {
        return sum;
    }

    void say(String word) {
        try {
            input.write(word + "\n");
            input.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("The script does not listen", e);
        }
    }

    void requireAlive() {
        if (ended() && !done) {
            throw died();
        }
    }

    /** Lets it end by itself at the end of its input, and kills it if it does not. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private boolean ended() {
        return !process.isAlive() && !reader.isAlive();
    }

    private IllegalStateException died() {
        return new IllegalStateException("The script ended early, with exit code " + process.exitValue());
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                take(line.split(" "));
            }
        } catch (IOException e) {
            // The process has ended, which is noticed by those who wait for it.
        }
    }

    private void take(String[] words) {
        switch (words[0]) {
            case "READY" -> ready = true;
            case "HANDLED" -> {
                again = Long.parseLong(words[2]);
                sum = Long.parseLong(words[3]);
                handled = Long.parseLong(words[1]);
            }
            case "SAMPLES" ->
                Stream.of(words[1].split(",")).mapToLong(Long::parseLong).forEach(samples);
            case "DONE" -> done = true;
            default -> {}
        }
    }
}
