package io.penstock.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between an application and the server, on loopback, and breaks what it is told to. What it passes on is
 * unchanged, whatever it is set to. Thread-safe; every setting holds from the next chunk of bytes on.
 */
final class TcpProxy implements AutoCloseable {

    private final ServerSocket listening;
    private final int target;
    private final List<Link> links = new CopyOnWriteArrayList<>();
    private final AtomicLong fired = new AtomicLong();
    private final Faults faults = new Faults();

    TcpProxy(int target) {
        this.target = target;
        try {
            this.listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        inBackground(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    /** How often what waits for certain bytes, or forgets, has happened. */
    long fired() {
        return fired.get();
    }

    int links() {
        links.removeIf(Link::isClosed);
        return links.size();
    }

    /** Every chunk of bytes waits so long, in both directions. */
    void delay(Duration each) {
        faults.delay(each);
    }

    /** Nothing passes, on old connections and new ones, and nothing is closed: the network is split. */
    void freeze() {
        faults.freeze();
    }

    /** The same as soon as a client sends this text, which is held back itself. */
    void freezeAt(String text) {
        faults.freezeAt(text.getBytes(StandardCharsets.UTF_8));
    }

    /** What was held back passes, and everything after it. */
    void thaw() {
        faults.thaw();
    }

    /** What is connected now hears nothing any more, ever, and is not told so; new connections pass. */
    void forgetEstablished() {
        links.forEach(Link::forget);
        fired.addAndGet(links());
    }

    /** Once the client has sent so many bytes from now on, over all connections, its connection is reset. */
    void resetAfter(long bytes) {
        faults.resetAfter(bytes);
    }

    /** The next time a client sends this text, the server gets it, but its answer is thrown away and the connection cut. */
    void cutAnswerTo(String text) {
        faults.cutAnswerTo(text.getBytes(StandardCharsets.UTF_8));
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listening.accept();
            inBackground(() -> connect(client));
        }
    }

    private void connect(Socket client) throws IOException {
        faults.awaitPassage();
        Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target), faults, fired);
        links.add(link);
        inBackground(link::passRequests);
        inBackground(link::passAnswers);
    }

    private static void inBackground(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        // One of both sides has gone; the other is told by the link.
                    }
                },
                "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        faults.thaw();
        listening.close();
        links.forEach(Link::close);
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }
}
