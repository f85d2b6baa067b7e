package io.penstock.bus;

/** A stored payload could not be turned into the class a consumer asked for. The event becomes a dead letter at once. */
public final class PayloadDecodingException extends PenstockException {

    public PayloadDecodingException(String message, Throwable cause) {
        super(message, cause);
    }

    public PayloadDecodingException(String message) {
        super(message);
    }
}
