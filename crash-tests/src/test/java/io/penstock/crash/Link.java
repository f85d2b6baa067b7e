package io.penstock.crash;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** One connection through a proxy: to the client, and on to the server. */
final class Link {

    private static final int CHUNK = 16_384;

    private final Socket client;
    private final Socket server;
    private final Faults faults;
    private final AtomicLong fired;
    private volatile boolean forgotten;
    private volatile boolean cutting;

    Link(Socket client, Socket server, Faults faults, AtomicLong fired) throws IOException {
        this.client = client;
        this.server = server;
        this.faults = faults;
        this.fired = fired;
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
    }

    /** Bytes are swallowed from now on, and neither side learns of it. */
    void forget() {
        forgotten = true;
    }

    boolean isClosed() {
        return client.isClosed();
    }

    void passRequests() throws IOException {
        try {
            InputStream requests = client.getInputStream();
            byte[] bytes = new byte[CHUNK];
            for (int read = requests.read(bytes); read >= 0; read = requests.read(bytes)) {
                if (faults.freezes(bytes, read)) {
                    fired.incrementAndGet();
                }
                faults.awaitPassage();
                if (!forgotten && !pass(bytes, read)) {
                    return;
                }
            }
        } finally {
            end();
        }
    }

    void passAnswers() throws IOException {
        try {
            InputStream answers = server.getInputStream();
            byte[] bytes = new byte[CHUNK];
            for (int read = answers.read(bytes); read >= 0; read = answers.read(bytes)) {
                faults.awaitPassage();
                if (cutting) {
                    fired.incrementAndGet();
                    reset();
                    return;
                }
                if (!forgotten) {
                    client.getOutputStream().write(bytes, 0, read);
                }
            }
        } finally {
            end();
        }
    }

    private boolean pass(byte[] bytes, int read) throws IOException {
        int allowed = faults.allowed(read);
        // Before the server can answer.
        cutting = cutting || faults.cuts(bytes, read);
        server.getOutputStream().write(bytes, 0, allowed);
        if (allowed < read) {
            fired.incrementAndGet();
            reset();
        }
        return allowed == read;
    }

    /** One side has gone: so has the other, unless neither is to know. */
    private void end() {
        if (!forgotten) {
            close();
        }
    }

    private void reset() throws IOException {
        client.setSoLinger(true, 0);
        close();
    }

    void close() {
        try {
            client.close();
            server.close();
        } catch (IOException alreadyGone) {
            // As it should be.
        }
    }
}
