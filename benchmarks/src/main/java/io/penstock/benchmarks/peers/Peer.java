package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Payload;
import java.util.List;

/** A library at work on one cell's database, handling events by the handler it was opened with. Blocks. */
interface Peer extends AutoCloseable {

    /** Stores one event, in the transaction of the calling thread where there is one. */
    void publish(Payload event);

    /** Stores many by the call its API has for many; within a transaction of the calling thread. */
    default void publishAll(List<Payload> events) {
        events.forEach(this::publish);
    }

    /** Stores ready events while nothing handles them. */
    void fill(int events);

    /** Begins to handle; may return only when what was filled is under way. */
    void handle();

    /** How many stored events are not done. */
    long unfinished();

    /** How many were ever stored, as far as rows or its own count tell. */
    long stored();

    @Override
    void close();
}
