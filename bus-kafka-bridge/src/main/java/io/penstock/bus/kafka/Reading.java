package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;

/** What a record turned out to be. */
sealed interface Reading {

    /** An event, if the bus takes it. */
    record OfEvent(Event<RawJson> event) implements Reading {}

    /** Nothing that can become an event. */
    record Unreadable(String reason) implements Reading {}

    /** Something the options say to pass over. */
    record Ignored(String reason) implements Reading {}
}
