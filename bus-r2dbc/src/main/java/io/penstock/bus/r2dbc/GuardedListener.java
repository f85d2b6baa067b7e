package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.time.Duration;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what the application's listener throws away from the bus. */
record GuardedListener(BusListener listener) implements BusListener {

    private static final Logger LOG = LoggerFactory.getLogger(GuardedListener.class);

    @Override
    public void published(int events) {
        guard(() -> listener.published(events));
    }

    @Override
    public void claimed(String consumer, int deliveries) {
        guard(() -> listener.claimed(consumer, deliveries));
    }

    @Override
    public void started(Delivery delivery) {
        guard(() -> listener.started(delivery));
    }

    @Override
    public void completed(Delivery delivery, Duration handling) {
        guard(() -> listener.completed(delivery, handling));
    }

    @Override
    public void duplicate(Delivery delivery) {
        guard(() -> listener.duplicate(delivery));
    }

    @Override
    public void retried(Delivery delivery, Outcome.Retry retry) {
        guard(() -> listener.retried(delivery, retry));
    }

    @Override
    public void deadLettered(DeadLetter letter) {
        guard(() -> listener.deadLettered(letter));
    }

    @Override
    public void released(Delivery delivery, Outcome.Released released) {
        guard(() -> listener.released(delivery, released));
    }

    @Override
    public void parked(String consumer, int deliveries) {
        guard(() -> listener.parked(consumer, deliveries));
    }

    @Override
    public void due(String consumer, int deliveries) {
        guard(() -> listener.due(consumer, deliveries));
    }

    @Override
    public void leased(String consumer, Collection<Integer> partitions) {
        guard(() -> listener.leased(consumer, partitions));
    }

    @Override
    public void unleased(String consumer, Collection<Integer> partitions) {
        guard(() -> listener.unleased(consumer, partitions));
    }

    @Override
    public void paused(String consumer) {
        guard(() -> listener.paused(consumer));
    }

    @Override
    public void resumed(String consumer) {
        guard(() -> listener.resumed(consumer));
    }

    @Override
    public void retired(long events) {
        guard(() -> listener.retired(events));
    }

    @Override
    public void listening() {
        guard(listener::listening);
    }

    @Override
    public void notListening(Throwable cause) {
        guard(() -> listener.notListening(cause));
    }

    @Override
    public void failed(String step, Throwable error) {
        guard(() -> listener.failed(step, error));
    }

    private static void guard(Runnable call) {
        try {
            call.run();
        } catch (Throwable thrown) {
            LOG.debug("A bus listener threw", thrown);
        }
    }
}
