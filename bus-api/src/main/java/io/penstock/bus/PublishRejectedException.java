package io.penstock.bus;

/** An event was not stored: the bus is closed, or too many publishes are waiting. Nothing was written; publish again later. */
public final class PublishRejectedException extends PenstockException {

    public PublishRejectedException(String message) {
        super(message);
    }
}
