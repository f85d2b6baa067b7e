package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what it was told, for tests to wait for. */
final class RecordingListener implements BusListener {

    final AtomicInteger published = new AtomicInteger();
    final AtomicInteger completed = new AtomicInteger();
    final AtomicInteger claims = new AtomicInteger();
    final AtomicInteger emptyClaims = new AtomicInteger();
    final AtomicInteger claimedRows = new AtomicInteger();
    final AtomicInteger started = new AtomicInteger();
    final AtomicInteger duplicates = new AtomicInteger();
    final AtomicInteger parked = new AtomicInteger();
    final AtomicInteger due = new AtomicInteger();
    final AtomicInteger paused = new AtomicInteger();
    final AtomicInteger resumed = new AtomicInteger();
    final List<Outcome.Retry> retries = new CopyOnWriteArrayList<>();
    final List<DeadLetter> dead = new CopyOnWriteArrayList<>();
    final List<Outcome.Released> released = new CopyOnWriteArrayList<>();
    final List<Integer> unleased = new CopyOnWriteArrayList<>();
    final AtomicInteger leased = new AtomicInteger();
    final AtomicInteger listening = new AtomicInteger();
    final List<Throwable> notListening = new CopyOnWriteArrayList<>();
    final List<Throwable> failures = new CopyOnWriteArrayList<>();
    final List<String> failedSteps = new CopyOnWriteArrayList<>();

    @Override
    public void published(int events) {
        published.addAndGet(events);
    }

    @Override
    public void claimed(String consumer, int deliveries) {
        claims.incrementAndGet();
        claimedRows.addAndGet(deliveries);
        if (deliveries == 0) {
            emptyClaims.incrementAndGet();
        }
    }

    @Override
    public void started(Delivery delivery) {
        started.incrementAndGet();
    }

    @Override
    public void completed(Delivery delivery, Duration handling) {
        completed.incrementAndGet();
    }

    @Override
    public void duplicate(Delivery delivery) {
        duplicates.incrementAndGet();
    }

    @Override
    public void retried(Delivery delivery, Outcome.Retry retry) {
        retries.add(retry);
    }

    @Override
    public void deadLettered(DeadLetter letter) {
        dead.add(letter);
    }

    @Override
    public void released(Delivery delivery, Outcome.Released outcome) {
        released.add(outcome);
    }

    @Override
    public void parked(String consumer, int deliveries) {
        parked.addAndGet(deliveries);
    }

    @Override
    public void due(String consumer, int deliveries) {
        due.addAndGet(deliveries);
    }

    @Override
    public void unleased(String consumer, Collection<Integer> partitions) {
        unleased.addAll(partitions);
    }

    @Override
    public void paused(String consumer) {
        paused.incrementAndGet();
    }

    @Override
    public void resumed(String consumer) {
        resumed.incrementAndGet();
    }

    @Override
    public void leased(String consumer, Collection<Integer> partitions) {
        leased.addAndGet(partitions.size());
    }

    @Override
    public void listening() {
        listening.incrementAndGet();
    }

    @Override
    public void notListening(Throwable cause) {
        notListening.add(cause);
    }

    @Override
    public void failed(String step, Throwable error) {
        failedSteps.add(step);
        failures.add(error);
    }
}
