package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what an operator wants to know, under {@code io.penstock.bus}; never a payload. Thread-safe. */
public final class LoggingBusListener implements BusListener {

    private static final Logger LOG = LoggerFactory.getLogger("io.penstock.bus");

    @Override
    public void retried(Delivery delivery, Outcome.Retry retry) {
        LOG.debug(
                "Consumer {} failed on {} (attempt {}); next in {}",
                delivery.consumer(),
                delivery.event(),
                delivery.attempt(),
                retry.at() == null ? retry.delay() : retry.at(),
                retry.cause());
    }

    @Override
    public void deadLettered(DeadLetter letter) {
        LOG.warn(
                "Consumer {} gave up on {} after {} attempts: {}",
                letter.consumer(),
                letter.event(),
                letter.attempts(),
                firstLine(letter.error()));
    }

    @Override
    public void released(Delivery delivery, Outcome.Released released) {
        if (released.delay().isZero()) {
            LOG.debug("Consumer {} released {}: {}", delivery.consumer(), delivery.event(), released.reason());
        } else {
            LOG.warn("Consumer {} put off {}: {}", delivery.consumer(), delivery.event(), released.reason());
        }
    }

    @Override
    public void leased(String consumer, Collection<Integer> partitions) {
        LOG.info("Consumer {} runs here for {} more partitions", consumer, partitions.size());
    }

    @Override
    public void unleased(String consumer, Collection<Integer> partitions) {
        LOG.info("Consumer {} no longer runs here for {} partitions", consumer, partitions.size());
    }

    @Override
    public void paused(String consumer) {
        LOG.info("Consumer {} is paused here", consumer);
    }

    @Override
    public void resumed(String consumer) {
        LOG.info("Consumer {} goes on here", consumer);
    }

    @Override
    public void listening() {
        LOG.info("Listening for events that other nodes publish");
    }

    @Override
    public void notListening(Throwable cause) {
        LOG.warn("Not listening for events that other nodes publish: the poll finds them until a new attempt", cause);
    }

    @Override
    public void failed(String step, Throwable error) {
        LOG.warn("The step '{}' failed and will be tried again", step, error);
    }

    private static String firstLine(String error) {
        int end = error.indexOf('\n');
        return end < 0 ? error : error.substring(0, end);
    }
}
