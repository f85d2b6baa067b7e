package io.penstock.bus;

/** A consumer's specification was refused; names the consumer, the value and what is allowed. */
public final class InvalidConsumerException extends PenstockException {

    public InvalidConsumerException(String message) {
        super(message);
    }
}
