package io.penstock.bus;

import java.time.Duration;
import java.util.Collection;

/**
 * Observes the bus: one method for each arrow of the state diagram. Called on the bus's threads, so an implementation
 * returns at once; what it throws is dropped. Implementations are thread-safe.
 */
public interface BusListener {

    /** A listener that observes nothing. */
    BusListener NONE = new BusListener() {};

    /** Events were written to the outbox: committed when the bus owns the transaction, else about to be. */
    default void published(int events) {}

    /** Ready rows were read for a consumer; one reading may be told of in parts. Zero when a hint led nowhere. */
    default void claimed(String consumer, int deliveries) {}

    /** A handler is about to run. */
    default void started(Delivery delivery) {}

    /** A handler succeeded; its inbox row is, or is about to be, removed. */
    default void completed(Delivery delivery, Duration handling) {}

    /** A delivery was found to be done already. */
    default void duplicate(Delivery delivery) {}

    /** An attempt failed and another follows. */
    default void retried(Delivery delivery, Outcome.Retry retry) {}

    /** A delivery became a dead letter, and that is stored. */
    default void deadLettered(DeadLetter letter) {}

    /** A delivery was given back without an attempt. */
    default void released(Delivery delivery, Outcome.Released released) {}

    /** Deliveries were put aside behind an earlier one of their key. */
    default void parked(String consumer, int deliveries) {}

    /** Scheduled deliveries became due. */
    default void due(String consumer, int deliveries) {}

    /** This node took over partitions of a consumer. */
    default void leased(String consumer, Collection<Integer> partitions) {}

    /** This node gave up, or lost, partitions of a consumer. */
    default void unleased(String consumer, Collection<Integer> partitions) {}

    /** Deliveries of a consumer are no longer begun here: it was paused, here or everywhere. */
    default void paused(String consumer) {}

    /** Deliveries of a consumer that was paused are begun here again. */
    default void resumed(String consumer) {}

    /** Finished events were removed after their retention. */
    default void retired(long events) {}

    /** This node hears the signals of the others from now on, and looks for what it may have missed before. */
    default void listening() {}

    /** This node does not hear the others: the connection was lost or could not be opened; another attempt follows. */
    default void notListening(Throwable cause) {}

    /** A step of a loop failed; the loop goes on. */
    default void failed(String step, Throwable error) {}
}
