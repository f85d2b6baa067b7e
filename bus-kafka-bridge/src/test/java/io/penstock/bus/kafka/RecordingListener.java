package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Remembers what it was told, for tests to wait for. */
final class RecordingListener implements KafkaBridgeListener {

    final AtomicInteger relayed = new AtomicInteger();
    final AtomicInteger waves = new AtomicInteger();
    final List<Event<?>> refused = new CopyOnWriteArrayList<>();
    final List<Event<?>> passedOver = new CopyOnWriteArrayList<>();
    final List<Duration> outages = new CopyOnWriteArrayList<>();
    final List<Throwable> outageErrors = new CopyOnWriteArrayList<>();
    final AtomicInteger recovered = new AtomicInteger();
    final AtomicLong lag = new AtomicLong(-1);
    final AtomicInteger ingested = new AtomicInteger();
    final AtomicInteger duplicates = new AtomicInteger();
    final AtomicInteger polls = new AtomicInteger();
    final AtomicInteger paused = new AtomicInteger();
    final List<String> diverted = new CopyOnWriteArrayList<>();
    final List<String> ignored = new CopyOnWriteArrayList<>();
    final AtomicInteger revocations = new AtomicInteger();
    final ConcurrentSkipListSet<String> assigned = new ConcurrentSkipListSet<>();
    final List<Throwable> failures = new CopyOnWriteArrayList<>();
    final List<String> failedSteps = new CopyOnWriteArrayList<>();

    @Override
    public void relayed(String relay, int records, Duration sending) {
        relayed.addAndGet(records);
        waves.incrementAndGet();
    }

    @Override
    public void refused(String relay, Event<?> event, String topic, Throwable error) {
        refused.add(event);
    }

    @Override
    public void passedOver(String relay, Event<?> event) {
        passedOver.add(event);
    }

    @Override
    public void outage(String relay, String topic, Throwable error, Duration pause) {
        outages.add(pause);
        outageErrors.add(error);
    }

    @Override
    public void recovered(String relay, String topic) {
        recovered.incrementAndGet();
    }

    @Override
    public void lag(String relay, long events, Duration oldest) {
        lag.set(events);
    }

    @Override
    public void ingested(String ingress, int events, int repeated, Duration storing) {
        ingested.addAndGet(events);
        duplicates.addAndGet(repeated);
        polls.incrementAndGet();
    }

    @Override
    public void diverted(String ingress, RecordPosition position, String reason) {
        diverted.add(position + " " + reason);
    }

    @Override
    public void ignored(String ingress, RecordPosition position, String reason) {
        ignored.add(reason);
    }

    @Override
    public void assigned(String ingress, Collection<String> partitions) {
        assigned.addAll(partitions);
    }

    @Override
    public void revoked(String ingress, Collection<String> partitions) {
        revocations.incrementAndGet();
        assigned.removeAll(partitions);
    }

    @Override
    public void paused(String ingress) {
        paused.incrementAndGet();
    }

    @Override
    public void failed(String name, String step, Throwable error) {
        failures.add(error);
        failedSteps.add(step);
    }
}
