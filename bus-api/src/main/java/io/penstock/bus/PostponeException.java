package io.penstock.bus;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler that failed for no fault of the event, because what it needs is away, say: the delivery comes again
 * after the delay, as often as it takes, and no attempt is used.
 */
public class PostponeException extends PenstockException {

    private static final Duration LONGEST = Duration.ofDays(365);

    private final Duration delay;

    public PostponeException(String message, Duration delay) {
        this(message, delay, null);
    }

    /** @param delay 1 ms to 365 days */
    public PostponeException(String message, Duration delay, @Nullable Throwable cause) {
        super(message, cause);
        if (delay.compareTo(Duration.ofMillis(1)) < 0 || delay.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("delay is " + delay + ", allowed is PT0.001S to 365 days");
        }
        this.delay = delay;
    }

    /** How long after now, by the database's clock. */
    public Duration delay() {
        return delay;
    }
}
