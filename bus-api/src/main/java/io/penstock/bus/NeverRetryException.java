package io.penstock.bus;

import org.jspecify.annotations.Nullable;

/** Thrown by a handler that knows another attempt is useless: the delivery becomes a dead letter at once. */
public class NeverRetryException extends PenstockException {

    public NeverRetryException(String message) {
        super(message);
    }

    public NeverRetryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
