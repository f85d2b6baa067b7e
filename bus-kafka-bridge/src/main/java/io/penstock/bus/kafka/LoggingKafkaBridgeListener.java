package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import java.time.Duration;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what an operator wants to know, under {@code io.penstock.bus.kafka}; never a payload. Thread-safe. */
public final class LoggingKafkaBridgeListener implements KafkaBridgeListener {

    private static final Logger LOG = LoggerFactory.getLogger("io.penstock.bus.kafka");

    @Override
    public void refused(String relay, Event<?> event, String topic, Throwable error) {
        LOG.warn("Relay {}: topic {} refused {}: {}", relay, topic, event, error.getMessage());
    }

    @Override
    public void outage(String relay, String topic, Throwable error, Duration pause) {
        LOG.warn("Relay {}: topic {} takes nothing, trying again in {}: {}", relay, topic, pause, error.getMessage());
    }

    @Override
    public void recovered(String relay, String topic) {
        LOG.info("Relay {}: topic {} takes records again", relay, topic);
    }

    @Override
    public void diverted(String ingress, RecordPosition position, String reason) {
        LOG.warn("Ingress {}: record {} cannot become an event: {}", ingress, position, reason);
    }

    @Override
    public void curtailed(String ingress, RecordPosition position, Collection<String> headers) {
        LOG.debug("Ingress {}: the event of {} lacks values of the headers {}", ingress, position, headers);
    }

    @Override
    public void assigned(String ingress, Collection<String> partitions) {
        LOG.info("Ingress {} reads {} more partitions: {}", ingress, partitions.size(), partitions);
    }

    @Override
    public void revoked(String ingress, Collection<String> partitions) {
        LOG.info("Ingress {} no longer reads {} partitions: {}", ingress, partitions.size(), partitions);
    }

    @Override
    public void failed(String name, String step, Throwable error) {
        LOG.warn("{}: the step '{}' failed and will be tried again", name, step, error);
    }
}
