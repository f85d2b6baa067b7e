package io.penstock.bus;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How large an event may be. Checked before any SQL runs; a refusal names the event, the value and the limit.
 * Immutable.
 *
 * @param maxPayloadBytes the payload's JSON text in UTF-8 bytes; default 1 MiB
 * @param maxHeaders how many headers; default 64
 * @param maxHeaderBytes names and values of all headers together in UTF-8 bytes; default 16 KiB
 * @param maxNameLength characters of source, aggregate type, aggregate id and key; default 512; aggregate type and id
 *     together take 2,600 UTF-8 bytes at most
 */
public record EventLimits(int maxPayloadBytes, int maxHeaders, int maxHeaderBytes, int maxNameLength) {

    public static final EventLimits DEFAULTS = new EventLimits(1 << 20, 64, 16 << 10, 512);

    // An entry of a PostgreSQL index takes at most 2,704 bytes, its own 24 included; both are in one entry.
    private static final int MAX_AGGREGATE_BYTES = 2_600;

    public EventLimits {
        requirePositive("maxPayloadBytes", maxPayloadBytes);
        requirePositive("maxHeaders", maxHeaders);
        requirePositive("maxHeaderBytes", maxHeaderBytes);
        requirePositive("maxNameLength", maxNameLength);
    }

    /** Throws {@link InvalidEventException} unless the event and its encoded payload can be stored as they are. */
    public void check(Event<?> event, String json) {
        checkType(event);
        checkName(event, "source", event.source());
        checkName(event, "aggregate type", event.aggregateType());
        checkName(event, "aggregate id", event.aggregateId());
        checkAggregate(event);
        checkName(event, "key", event.key());
        checkTime(event, "occurrence", event.occurredAt());
        checkTime(event, "delivery", event.deliverAt());
        checkTime(event, "expiry", event.expiresAt());
        checkHeaders(event);
        checkPayload(event, json);
    }

    private static void checkType(Event<?> event) {
        if (!Syntax.isType(event.type())) {
            throw refused(event, "the type '" + Text.shown(event.type()) + "' is not made of " + Syntax.TYPE_RULE);
        }
        if (event.version() < 1) {
            throw refused(event, "the version " + event.version() + " is below 1");
        }
    }

    private void checkName(Event<?> event, String what, @Nullable String value) {
        if (value == null) {
            return;
        }
        if (value.isEmpty() || value.length() > maxNameLength) {
            throw refused(
                    event,
                    "its " + what + " '" + Text.shown(value) + "' has " + value.length()
                            + " characters, allowed are 1 to " + maxNameLength);
        }
        checkText(event, what, value);
    }

    private static void checkAggregate(Event<?> event) {
        long bytes = bytes(event.aggregateType()) + bytes(event.aggregateId());
        if (bytes > MAX_AGGREGATE_BYTES) {
            throw refused(
                    event,
                    "its aggregate type and id take " + bytes + " bytes, allowed together are " + MAX_AGGREGATE_BYTES);
        }
    }

    private static long bytes(@Nullable String value) {
        return value == null ? 0 : Text.utf8Length(value);
    }

    private static void checkTime(Event<?> event, String what, @Nullable Instant time) {
        if (time != null && !Timestamps.isStorable(time)) {
            throw refused(
                    event,
                    "its " + what + " at " + time + " is not between " + Timestamps.EARLIEST + " and "
                            + Timestamps.LATEST);
        }
    }

    private void checkHeaders(Event<?> event) {
        Map<String, String> headers = event.headers();
        if (headers.size() > maxHeaders) {
            throw refused(event, "it has " + headers.size() + " headers, allowed are " + maxHeaders);
        }
        long bytes = 0;
        for (Map.Entry<String, String> header : headers.entrySet()) {
            if (header.getKey().isBlank()) {
                throw refused(event, "a header has a blank name");
            }
            checkText(event, "header name", header.getKey());
            checkText(event, "header '" + Text.shown(header.getKey()) + "'", header.getValue());
            bytes += Text.utf8Length(header.getKey()) + Text.utf8Length(header.getValue());
            if (bytes > maxHeaderBytes) {
                throw refused(event, "its headers take " + bytes + " bytes or more, allowed are " + maxHeaderBytes);
            }
        }
    }

    private void checkPayload(Event<?> event, String json) {
        int unstorable = Text.firstUnstorableInJson(json);
        if (unstorable >= 0) {
            throw refused(
                    event, "its payload has a NUL or a lone surrogate at character " + unstorable + " of the JSON");
        }
        long bytes = Text.utf8Length(json);
        if (bytes > maxPayloadBytes) {
            throw refused(event, "its payload takes " + bytes + " bytes, allowed are " + maxPayloadBytes);
        }
    }

    private static void checkText(Event<?> event, String what, String value) {
        int unstorable = Text.firstUnstorable(value);
        if (unstorable >= 0) {
            throw refused(event, "its " + what + " has a NUL or a lone surrogate at character " + unstorable);
        }
    }

    private static InvalidEventException refused(Event<?> event, String why) {
        return new InvalidEventException(
                "Event " + event.id() + " of type '" + Text.shown(event.type()) + "' was refused: " + why);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed are 1 to " + Integer.MAX_VALUE);
        }
    }
}
