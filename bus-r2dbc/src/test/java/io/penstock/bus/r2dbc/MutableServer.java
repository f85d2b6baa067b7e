package io.penstock.bus.r2dbc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Passes bytes on to a server until it is told to swallow them: a network that drops everything and closes nothing. */
final class MutableServer implements AutoCloseable {

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Link> links = new CopyOnWriteArrayList<>();
    private final int target;
    private volatile boolean muted;
    private volatile boolean listenersMuted;

    MutableServer(int target) throws IOException {
        this.target = target;
        inBackground(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    void mute() {
        muted = true;
    }

    /** Mutes the connections on which LISTEN was said, and will be; tells how many those were. */
    long muteListeners() {
        listenersMuted = true;
        return links.stream().filter(link -> link.listens).count();
    }

    /** Those that were muted have missed something, and stay as they are. */
    void hearListenersAgain() {
        links.stream().filter(link -> link.listens).forEach(link -> link.lost = true);
        listenersMuted = false;
    }

    /** Closes the connections on which LISTEN was said; tells how many those were. */
    long cutListeners() throws IOException {
        List<Link> cut = links.stream().filter(link -> link.listens).toList();
        for (Link link : cut) {
            link.close();
        }
        return cut.size();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listening.accept();
            Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
            links.add(link);
            inBackground(() -> pass(link, link.client, link.server));
            inBackground(() -> pass(link, link.server, link.client));
        }
    }

    private void pass(Link link, Socket from, Socket to) throws IOException {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] bytes = new byte[8192];
        for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
            if (new String(bytes, 0, read, ISO_8859_1).contains("LISTEN ")) {
                link.listens = true;
            }
            if (!isMuted(link)) {
                out.write(bytes, 0, read);
            }
        }
        if (!isMuted(link)) {
            to.close();
        }
    }

    private boolean isMuted(Link link) {
        return muted || link.lost || (listenersMuted && link.listens);
    }

    private static void inBackground(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        // The test is over, or has cut the connection.
                    }
                },
                "mutable-server");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Link link : links) {
            link.close();
        }
    }

    private static final class Link {

        private final Socket client;
        private final Socket server;
        private volatile boolean listens;
        private volatile boolean lost;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void close() throws IOException {
            client.close();
            server.close();
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }
}
