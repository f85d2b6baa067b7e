package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import java.time.Duration;
import java.util.Collection;

/**
 * Observes relays and ingresses, each named as in its options. Each relay and ingress calls it on a thread of its own, in
 * order; what it throws is dropped, and what happens while ten thousand calls wait for it to return. Implementations are
 * thread-safe.
 */
public interface KafkaBridgeListener {

    /** A listener that observes nothing. */
    KafkaBridgeListener NONE = new KafkaBridgeListener() {};

    /** Records were acknowledged by all replicas in sync; the time is from the first one given to the last answer. */
    default void relayed(String relay, int records, Duration sending) {}

    /** Kafka refused the record of an event: a failed attempt. */
    default void refused(String relay, Event<?> event, String topic, Throwable error) {}

    /** An event was passed over because it came from the topic it would go to, or is one of the bridge itself. */
    default void passedOver(String relay, Event<?> event) {}

    /** Nothing could be sent to a topic; its events are postponed, and no attempt is used. */
    default void outage(String relay, String topic, Throwable error, Duration pause) {}

    /** A topic takes records again. */
    default void recovered(String relay, String topic) {}

    /** What a relay owes: how many events, and the age of the oldest of them. */
    default void lag(String relay, long events, Duration oldest) {}

    /** Records of one poll are stored, as events or aside; the time is from the poll to the commit in the database. */
    default void ingested(String ingress, int events, int duplicates, Duration storing) {}

    /** A record could not become an event and was put where the options say, for this reason. */
    default void diverted(String ingress, RecordPosition position, String reason) {}

    /** A record was passed over because the options say so. */
    default void ignored(String ingress, RecordPosition position, String reason) {}

    /**
     * A record became an event without these of its headers: those that had no value, and those that were there several
     * times, of which the event has the last.
     */
    default void curtailed(String ingress, RecordPosition position, Collection<String> headers) {}

    /** Partitions were given to this ingress, as {@code topic-partition}. */
    default void assigned(String ingress, Collection<String> partitions) {}

    /** Partitions were taken from this ingress. */
    default void revoked(String ingress, Collection<String> partitions) {}

    /** Fetching was stopped while the database is at work, and the group goes on seeing this member. */
    default void paused(String ingress) {}

    /** A step failed and will be tried again. */
    default void failed(String name, String step, Throwable error) {}
}
