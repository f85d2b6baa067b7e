package io.penstock.bus;

/** A handler did not end within its consumer's timeout; one failed attempt. */
public final class HandlerTimeoutException extends PenstockException {

    public HandlerTimeoutException(String message) {
        super(message);
    }
}
