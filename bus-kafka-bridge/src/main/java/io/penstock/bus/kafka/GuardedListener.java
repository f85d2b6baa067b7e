package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import java.time.Duration;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what the application's listener throws away from the bridge. */
record GuardedListener(KafkaBridgeListener listener) implements KafkaBridgeListener {

    private static final Logger LOG = LoggerFactory.getLogger(GuardedListener.class);

    @Override
    public void relayed(String relay, int records, Duration sending) {
        guard(() -> listener.relayed(relay, records, sending));
    }

    @Override
    public void refused(String relay, Event<?> event, String topic, Throwable error) {
        guard(() -> listener.refused(relay, event, topic, error));
    }

    @Override
    public void passedOver(String relay, Event<?> event) {
        guard(() -> listener.passedOver(relay, event));
    }

    @Override
    public void outage(String relay, String topic, Throwable error, Duration pause) {
        guard(() -> listener.outage(relay, topic, error, pause));
    }

    @Override
    public void recovered(String relay, String topic) {
        guard(() -> listener.recovered(relay, topic));
    }

    @Override
    public void lag(String relay, long events, Duration oldest) {
        guard(() -> listener.lag(relay, events, oldest));
    }

    @Override
    public void ingested(String ingress, int events, int duplicates, Duration storing) {
        guard(() -> listener.ingested(ingress, events, duplicates, storing));
    }

    @Override
    public void diverted(String ingress, RecordPosition position, String reason) {
        guard(() -> listener.diverted(ingress, position, reason));
    }

    @Override
    public void ignored(String ingress, RecordPosition position, String reason) {
        guard(() -> listener.ignored(ingress, position, reason));
    }

    @Override
    public void assigned(String ingress, Collection<String> partitions) {
        guard(() -> listener.assigned(ingress, partitions));
    }

    @Override
    public void revoked(String ingress, Collection<String> partitions) {
        guard(() -> listener.revoked(ingress, partitions));
    }

    @Override
    public void paused(String ingress) {
        guard(() -> listener.paused(ingress));
    }

    @Override
    public void failed(String name, String step, Throwable error) {
        guard(() -> listener.failed(name, step, error));
    }

    private static void guard(Runnable call) {
        try {
            call.run();
        } catch (Throwable thrown) {
            LOG.debug("A listener of the bridge threw", thrown);
        }
    }
}
