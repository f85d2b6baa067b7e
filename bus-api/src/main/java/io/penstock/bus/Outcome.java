package io.penstock.bus;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How one delivery ended. Every ending is one of these before anything is written. Immutable. */
public sealed interface Outcome {

    Outcome COMPLETED = new Completed();
    Outcome DUPLICATE = new Duplicate();

    /** The handler succeeded. */
    record Completed() implements Outcome {}

    /** The inbox no longer owed this event; the handler's effects were not committed a second time. */
    record Duplicate() implements Outcome {}

    /**
     * The attempt failed and another follows.
     *
     * @param delay how long after now, by the database's clock
     * @param at the instant, when the handler named one; it wins over the delay
     */
    record Retry(Duration delay, @Nullable Instant at, Throwable cause) implements Outcome {}

    /** No further attempt: the delivery becomes a dead letter. */
    record Dead(Throwable cause) implements Outcome {}

    /**
     * No attempt used: not handled here, or put off by its handler or by another transaction.
     *
     * @param delay zero: the row stays ready for whoever owns its partition; else it is held back for that long
     */
    record Released(String reason, Duration delay) implements Outcome {}
}
