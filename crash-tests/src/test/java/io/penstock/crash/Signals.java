package io.penstock.crash;

import java.io.IOException;
import java.io.UncheckedIOException;

/** POSIX signals for processes of the rig, always to one process by its id. */
final class Signals {

    private Signals() {}

    static void kill(long pid) {
        send("KILL", pid);
    }

    static void stop(long pid) {
        send("STOP", pid);
    }

    static void go(long pid) {
        send("CONT", pid);
    }

    static void terminate(long pid) {
        send("TERM", pid);
    }

    private static void send(String signal, long pid) {
        try {
            new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException("No signal could be sent", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while a signal was sent", e);
        }
    }
}
