package io.penstock.bus;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters are meant; a {@code null} does not narrow. Immutable.
 *
 * @param type an event type or pattern, {@code order.*}
 * @param failedFrom the earliest time of death, inclusive
 * @param failedUntil the latest time of death, exclusive
 * @param errorContains a part of the error's text, as it is written
 * @param after only letters with a larger {@link DeadLetter#position}; 0 for the first page
 * @param limit the most letters meant, 1 to 10,000; default 1,000
 */
public record DeadLetterFilter(
        @Nullable String consumer,
        @Nullable String type,
        @Nullable String key,
        @Nullable Instant failedFrom,
        @Nullable Instant failedUntil,
        @Nullable String errorContains,
        long after,
        int limit) {

    private static final DeadLetterFilter ALL = new DeadLetterFilter(null, null, null, null, null, null, 0, 1_000);

    public DeadLetterFilter {
        if (limit < 1 || limit > 10_000) {
            throw new IllegalArgumentException("limit is " + limit + ", allowed are 1 to 10000");
        }
        if (type != null && !Syntax.isPattern(type)) {
            throw new IllegalArgumentException(
                    "type is '" + type + "', allowed are '*', an event type, or one with '.*'");
        }
    }

    public static DeadLetterFilter all() {
        return ALL;
    }

    public static DeadLetterFilter of(String consumer) {
        return ALL.withConsumer(consumer);
    }

    public DeadLetterFilter withConsumer(String name) {
        return new DeadLetterFilter(name, type, key, failedFrom, failedUntil, errorContains, after, limit);
    }

    public DeadLetterFilter withType(String pattern) {
        return new DeadLetterFilter(consumer, pattern, key, failedFrom, failedUntil, errorContains, after, limit);
    }

    public DeadLetterFilter withKey(String orderingKey) {
        return new DeadLetterFilter(consumer, type, orderingKey, failedFrom, failedUntil, errorContains, after, limit);
    }

    public DeadLetterFilter withFailedBetween(Instant from, Instant until) {
        return new DeadLetterFilter(consumer, type, key, from, until, errorContains, after, limit);
    }

    public DeadLetterFilter withErrorContaining(String part) {
        return new DeadLetterFilter(consumer, type, key, failedFrom, failedUntil, part, after, limit);
    }

    public DeadLetterFilter withAfter(long position) {
        return new DeadLetterFilter(consumer, type, key, failedFrom, failedUntil, errorContains, position, limit);
    }

    public DeadLetterFilter withLimit(int most) {
        return new DeadLetterFilter(consumer, type, key, failedFrom, failedUntil, errorContains, after, most);
    }
}
