package io.penstock.bus;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Thrown by a handler that knows when the next attempt makes sense; it takes the place of the policy's delay. */
public class RetryAtException extends PenstockException {

    private final Instant at;

    public RetryAtException(String message, Instant at) {
        this(message, at, null);
    }

    public RetryAtException(String message, Instant at, @Nullable Throwable cause) {
        super(message, cause);
        this.at = Objects.requireNonNull(at, "at");
    }

    /** The earliest instant of the next attempt, by the database's clock. */
    public Instant at() {
        return at;
    }
}
