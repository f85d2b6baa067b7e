package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardedListenerTests {

    private static final int MOST_UNTOLD = 10_000;

    private final CountDownLatch returning = new CountDownLatch(1);
    private final Hanging hanging = new Hanging();
    private final RecordingListener recording = new RecordingListener();
    private final GuardedListener listener = GuardedListener.of("test", hanging, recording);

    @AfterEach
    void close() {
        returning.countDown();
        listener.close().block(PATIENCE);
    }

    @Test
    void oneThatDoesNotReturnKeepsNothingFromTheOthers() {
        listener.paused("ingress");
        listener.paused("ingress");
        listener.lag("relay", 7, PATIENCE);

        awaitThat(() -> recording.paused.get() == 2 && recording.lag.get() == 7);
    }

    @Test
    void oneThatReturnsIsToldWhatWaitedAndAllThatFollows() {
        for (int i = 0; i < MOST_UNTOLD + 100; i++) {
            listener.paused("ingress");
        }
        returning.countDown();
        awaitThat(() -> hanging.told.get() == MOST_UNTOLD);

        listener.paused("ingress");

        awaitThat(() -> hanging.told.get() == MOST_UNTOLD + 1);
    }

    private final class Hanging implements KafkaBridgeListener {

        private final AtomicInteger told = new AtomicInteger();

        @Override
        public void paused(String ingress) {
            try {
                returning.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            told.incrementAndGet();
        }
    }
}
