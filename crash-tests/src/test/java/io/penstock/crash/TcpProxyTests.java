package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a server that answers every byte with the same byte. */
@Timeout(30)
class TcpProxyTests {

    private static final int SILENCE = 200;

    private final AtomicInteger received = new AtomicInteger();
    private ServerSocket server;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        inBackground(this::serve);
        proxy = new TcpProxy(server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
    }

    @Test
    void bytesPassUnchangedWhenNothingIsAskedFor() throws IOException {
        try (Socket client = connect()) {
            assertThat(say(client, "hello")).isEqualTo("hello");
        }
    }

    @Test
    void aDelayHoldsBytesBackAndLosesNone() throws IOException {
        try (Socket client = connect()) {
            say(client, "a");
            proxy.delay(Duration.ofMillis(10 * SILENCE));
            send(client, "hello");
            assertSilent(client);
            assertThat(read(client, 5)).isEqualTo("hello");
        }
    }

    @Test
    void frozenBytesArriveWhenTheNetworkIsBack() throws IOException {
        try (Socket client = connect()) {
            say(client, "a");
            proxy.freeze();
            send(client, "hello");
            assertSilent(client);
            proxy.thaw();
            assertThat(read(client, 5)).isEqualTo("hello");
        }
    }

    @Test
    void thePatternThatFreezesTheNetworkIsHeldBackItself() throws IOException {
        proxy.freezeAt("UPDATE");
        try (Socket client = connect()) {
            say(client, "SELECT");
            send(client, "UPDATE");
            assertSilent(client);
            assertThat(received.get()).isEqualTo("SELECT".length());
            assertThat(proxy.fired()).isEqualTo(1);
            proxy.thaw();
            assertThat(read(client, 6)).isEqualTo("UPDATE");
        }
    }

    @Test
    void aForgottenConnectionStaysSilentWhileNewOnesWork() throws IOException {
        try (Socket old = connect()) {
            say(old, "a");
            proxy.forgetEstablished();
            send(old, "hello");
            assertSilent(old);
            try (Socket young = connect()) {
                assertThat(say(young, "hello")).isEqualTo("hello");
            }
            assertThat(proxy.fired()).isEqualTo(1);
        }
    }

    @Test
    void aResetComesAfterExactlySoManyBytesAndOnlyOnce() throws IOException {
        try (Socket client = connect()) {
            proxy.resetAfter(3);
            send(client, "hello");
            assertThatThrownBy(() -> readToTheEnd(client)).isInstanceOf(SocketException.class);
        }
        await().until(() -> received.get() == 3);
        assertThat(proxy.fired()).isEqualTo(1);
        try (Socket client = connect()) {
            assertThat(say(client, "hello")).isEqualTo("hello");
        }
    }

    @Test
    void theAnswerToAPatternIsCutAfterTheServerHasGotIt() throws IOException {
        proxy.cutAnswerTo("COMMIT");
        try (Socket client = connect()) {
            assertThat(say(client, "BEGIN")).isEqualTo("BEGIN");
            send(client, "COMMIT");
            assertThatThrownBy(() -> readToTheEnd(client)).isInstanceOf(SocketException.class);
        }
        assertThat(received.get()).isEqualTo("BEGIN".length() + "COMMIT".length());
        assertThat(proxy.fired()).isEqualTo(1);
        try (Socket client = connect()) {
            assertThat(say(client, "COMMIT")).isEqualTo("COMMIT");
        }
    }

    private Socket connect() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setTcpNoDelay(true);
        return client;
    }

    private static String say(Socket client, String text) throws IOException {
        send(client, text);
        return read(client, text.length());
    }

    private static void send(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String read(Socket client, int bytes) throws IOException {
        client.setSoTimeout(0);
        return new String(client.getInputStream().readNBytes(bytes), StandardCharsets.UTF_8);
    }

    private static void readToTheEnd(Socket client) throws IOException {
        client.getInputStream().readAllBytes();
    }

    private static void assertSilent(Socket client) throws IOException {
        client.setSoTimeout(SILENCE);
        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
    }

    private void serve() throws IOException {
        while (true) {
            Socket client = server.accept();
            inBackground(() -> echo(client));
        }
    }

    private void echo(Socket client) throws IOException {
        InputStream in = client.getInputStream();
        byte[] bytes = new byte[64];
        for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
            received.addAndGet(read);
            client.getOutputStream().write(bytes, 0, read);
        }
    }

    private static void inBackground(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException closed) {
                // The test is over.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }
}
