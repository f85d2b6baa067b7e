package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.time.Duration;

/** Tells the listener how a consumer's deliveries ended; of dead letters it is told when they are stored. */
final class Observation {

    private final Registered consumer;
    private final Node node;
    private final BusListener listener;

    Observation(Registered consumer, Node node) {
        this.consumer = consumer;
        this.node = node;
        this.listener = node.listener();
    }

    void ended(Ended end) {
        Claimed row = end.row();
        Delivery delivery = new Delivery(consumer.name(), row.event(), row.attempt(), node.name());
        Outcome outcome = end.outcome();
        if (outcome instanceof Outcome.Completed) {
            listener.completed(delivery, Duration.ofNanos(end.handlingNanos()));
        } else if (outcome instanceof Outcome.Duplicate) {
            listener.duplicate(delivery);
        } else if (outcome instanceof Outcome.Retry retry) {
            listener.retried(delivery, retry);
        } else if (outcome instanceof Outcome.Released released) {
            listener.released(delivery, released);
        }
    }
}
