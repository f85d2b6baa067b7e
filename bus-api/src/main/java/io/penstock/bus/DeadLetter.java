package io.penstock.bus;

import java.time.Instant;

/**
 * A delivery that will not be attempted again by itself. Immutable.
 *
 * @param position grows with the order of publication; {@link DeadLetterFilter#after} takes it for paging
 * @param attempts how often the handler ran
 * @param error the last error: its class, message, causes and first stack frames, cut to what the bus stores; for operators
 * @param failedAt when it died, by the database's clock
 */
public record DeadLetter(
        String consumer, Event<RawJson> event, long position, int attempts, String error, Instant failedAt) {}
