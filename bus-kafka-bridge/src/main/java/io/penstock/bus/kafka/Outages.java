package io.penstock.bus.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** Which topics took nothing lately, and how long to leave them alone: twice as long after each further failure. */
final class Outages {

    private final Duration first;
    private final Duration longest;
    private final LongSupplier nanos;
    private final Map<String, Outage> topics = new ConcurrentHashMap<>();

    Outages(Duration first, Duration longest, LongSupplier nanos) {
        this.first = first;
        this.longest = longest;
        this.nanos = nanos;
    }

    /** Notes a failure and returns the pause. Failures within a pause are those of senders that did not know of it. */
    Duration failed(String topic) {
        long now = nanos.getAsLong();
        return topics.merge(topic, new Outage(first, now + first.toNanos()), (known, begun) -> again(known, now)).pause;
    }

    /** Whether the topic had been away. */
    boolean recovered(String topic) {
        return !topics.isEmpty() && topics.remove(topic) != null;
    }

    /** How long until one of the topics may be tried. */
    Duration remaining(Collection<String> wanted) {
        long now = nanos.getAsLong();
        long least = topics.isEmpty()
                ? 0
                : wanted.stream()
                        .mapToLong(topic -> remaining(topic, now))
                        .min()
                        .orElse(0);
        return Duration.ofNanos(least);
    }

    private long remaining(String topic, long now) {
        Outage outage = topics.get(topic);
        return outage == null ? 0 : Math.max(0, outage.until - now);
    }

    private Outage again(Outage known, long now) {
        if (now - known.until < 0) {
            return known;
        }
        Duration pause = known.pause.multipliedBy(2).compareTo(longest) < 0 ? known.pause.multipliedBy(2) : longest;
        return new Outage(pause, now + pause.toNanos());
    }

    private record Outage(Duration pause, long until) {}
}
