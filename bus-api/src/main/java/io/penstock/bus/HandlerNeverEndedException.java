package io.penstock.bus;

/** A handler was begun on an event as often as its consumer allows, and each time its node died before it ended. */
public class HandlerNeverEndedException extends PenstockException {

    public HandlerNeverEndedException(String message) {
        super(message);
    }
}
