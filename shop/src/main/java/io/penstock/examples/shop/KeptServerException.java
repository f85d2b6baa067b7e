package io.penstock.examples.shop;

import org.jspecify.annotations.Nullable;

/** The shop's own PostgreSQL cannot be used. */
final class KeptServerException extends RuntimeException {

    private final String action;

    /** @param action what to do about it */
    KeptServerException(String message, String action, @Nullable Throwable cause) {
        super(message, cause);
        this.action = action;
    }

    String action() {
        return action;
    }
}
