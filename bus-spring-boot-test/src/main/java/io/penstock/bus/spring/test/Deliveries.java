package io.penstock.bus.spring.test;

import io.penstock.bus.BusListener;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What was handled successfully. */
final class Deliveries implements BusListener {

    private final Queue<Delivery> completed = new ConcurrentLinkedQueue<>();

    @Override
    public void completed(Delivery delivery, Duration handling) {
        completed.add(delivery);
    }

    List<Event<RawJson>> of(String consumer) {
        return completed.stream()
                .filter(delivery -> delivery.consumer().equals(consumer))
                .map(Delivery::event)
                .toList();
    }

    void clear() {
        completed.clear();
    }
}
