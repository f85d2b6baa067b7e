package io.penstock.bus;

/** The connection broke while a publish was being committed: the event may be stored or not. Publish it again with the same id. */
public final class PublishOutcomeUnknownException extends PenstockException {

    public PublishOutcomeUnknownException(String message, Throwable cause) {
        super(message, cause);
    }
}
