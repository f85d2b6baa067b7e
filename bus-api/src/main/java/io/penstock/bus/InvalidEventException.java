package io.penstock.bus;

/** An event was refused before any SQL ran; the caller's transaction is as it was. Names event, value and limit. */
public final class InvalidEventException extends PenstockException {

    public InvalidEventException(String message) {
        super(message);
    }

    public InvalidEventException(String message, Throwable cause) {
        super(message, cause);
    }
}
