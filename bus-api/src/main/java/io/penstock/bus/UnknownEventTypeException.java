package io.penstock.bus;

/**
 * This node's codec does not know an event's type, or knows lower versions of it only. No attempt is used: the delivery
 * waits for a node that does, such as the next version of the application.
 */
public final class UnknownEventTypeException extends PenstockException {

    public UnknownEventTypeException(String message) {
        super(message);
    }
}
