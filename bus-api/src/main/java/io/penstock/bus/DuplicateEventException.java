package io.penstock.bus;

import java.util.UUID;

/**
 * An event with this id is already stored and was not stored again; the transaction it was published in goes on. Of
 * several events published with one call, the others were written.
 */
public final class DuplicateEventException extends PenstockException {

    private final UUID eventId;

    public DuplicateEventException(UUID eventId) {
        super("An event with id " + eventId + " is already stored; it was not stored again");
        this.eventId = eventId;
    }

    public UUID eventId() {
        return eventId;
    }
}
