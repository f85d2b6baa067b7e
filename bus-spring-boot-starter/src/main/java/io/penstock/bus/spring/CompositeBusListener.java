package io.penstock.bus.spring;

import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells several listeners; what one of them throws is kept from the others. */
record CompositeBusListener(List<BusListener> listeners) implements BusListener {

    private static final Logger LOG = LoggerFactory.getLogger(CompositeBusListener.class);

    /** The listeners that are beans, and that of the options unless one of its kind is a bean. */
    static CompositeBusListener of(BusListener option, List<BusListener> beans) {
        List<BusListener> all = new ArrayList<>(beans);
        if (beans.stream().noneMatch(bean -> bean.getClass() == option.getClass())) {
            all.add(option);
        }
        return new CompositeBusListener(List.copyOf(all));
    }

    @Override
    public void published(int events) {
        each(listener -> listener.published(events));
    }

    @Override
    public void claimed(String consumer, int deliveries) {
        each(listener -> listener.claimed(consumer, deliveries));
    }

    @Override
    public void started(Delivery delivery) {
        each(listener -> listener.started(delivery));
    }

    @Override
    public void completed(Delivery delivery, Duration handling) {
        each(listener -> listener.completed(delivery, handling));
    }

    @Override
    public void duplicate(Delivery delivery) {
        each(listener -> listener.duplicate(delivery));
    }

    @Override
    public void retried(Delivery delivery, Outcome.Retry retry) {
        each(listener -> listener.retried(delivery, retry));
    }

    @Override
    public void deadLettered(DeadLetter letter) {
        each(listener -> listener.deadLettered(letter));
    }

    @Override
    public void released(Delivery delivery, Outcome.Released released) {
        each(listener -> listener.released(delivery, released));
    }

    @Override
    public void parked(String consumer, int deliveries) {
        each(listener -> listener.parked(consumer, deliveries));
    }

    @Override
    public void due(String consumer, int deliveries) {
        each(listener -> listener.due(consumer, deliveries));
    }

    @Override
    public void leased(String consumer, Collection<Integer> partitions) {
        each(listener -> listener.leased(consumer, partitions));
    }

    @Override
    public void unleased(String consumer, Collection<Integer> partitions) {
        each(listener -> listener.unleased(consumer, partitions));
    }

    @Override
    public void paused(String consumer) {
        each(listener -> listener.paused(consumer));
    }

    @Override
    public void resumed(String consumer) {
        each(listener -> listener.resumed(consumer));
    }

    @Override
    public void retired(long events) {
        each(listener -> listener.retired(events));
    }

    @Override
    public void listening() {
        each(BusListener::listening);
    }

    @Override
    public void notListening(Throwable cause) {
        each(listener -> listener.notListening(cause));
    }

    @Override
    public void failed(String step, Throwable error) {
        each(listener -> listener.failed(step, error));
    }

    private void each(Consumer<BusListener> call) {
        for (BusListener listener : listeners) {
            try {
                call.accept(listener);
            } catch (RuntimeException e) {
                LOG.debug("The listener {} failed", listener.getClass().getName(), e);
            }
        }
    }
}
