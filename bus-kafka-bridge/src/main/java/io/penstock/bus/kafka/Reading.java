package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.util.Set;

/** What a record turned out to be. */
sealed interface Reading {

    /**
     * An event, if the bus takes it.
     *
     * @param curtailed names of headers that it does not have as the record has them
     */
    record OfEvent(Event<RawJson> event, Set<String> curtailed) implements Reading {}

    /** Nothing that can become an event. */
    record Unreadable(String reason) implements Reading {}

    /** Something the options say to pass over. */
    record Ignored(String reason) implements Reading {}
}
