package io.penstock.bus;

import org.jspecify.annotations.Nullable;

/** The root of everything Penstock throws by itself. */
public abstract class PenstockException extends RuntimeException {

    protected PenstockException(String message) {
        super(message);
    }

    protected PenstockException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
