package io.penstock.bus;

/** An event reached its expiry before it was delivered; its delivery is dead without a run of the handler. */
public final class EventExpiredException extends PenstockException {

    public EventExpiredException(String message) {
        super(message);
    }
}
