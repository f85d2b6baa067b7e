package io.penstock.bus;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How large an event may be. Checked before any SQL runs; a refusal names the event, the value and the limit.
 *
 * @param maxPayloadBytes the payload's JSON text in UTF-8 bytes; default 1 MiB
 * @param maxHeaders how many headers; default 64
 * @param maxHeaderBytes names and values of all headers together in UTF-8 bytes; default 16 KiB
 * @param maxNameLength characters of source, aggregate type, aggregate id and key; default 512
 */
public record EventLimits(int maxPayloadBytes, int maxHeaders, int maxHeaderBytes, int maxNameLength) {

    public static final EventLimits DEFAULTS = new EventLimits(1 << 20, 64, 16 << 10, 512);

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
        checkName(event, "key", event.key());
        checkHeaders(event);
        checkPayload(event, json);
    }

    private static void checkType(Event<?> event) {
        if (!Syntax.isType(event.type())) {
            throw refused(event, "the type '" + shown(event.type()) + "' is not made of " + Syntax.TYPE_RULE);
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
                    "its " + what + " '" + shown(value) + "' has " + value.length() + " characters, allowed are 1 to "
                            + maxNameLength);
        }
        checkText(event, what, value);
    }

    private void checkHeaders(Event<?> event) {
        Map<String, String> headers = event.headers();
        if (headers.size() > maxHeaders) {
            throw refused(event, "it has " + headers.size() + " headers, allowed are " + maxHeaders);
        }
        int bytes = 0;
        for (Map.Entry<String, String> header : headers.entrySet()) {
            if (header.getKey().isBlank()) {
                throw refused(event, "a header has a blank name");
            }
            checkText(event, "header name", header.getKey());
            checkText(event, "header '" + shown(header.getKey()) + "'", header.getValue());
            bytes += Text.utf8Length(header.getKey()) + Text.utf8Length(header.getValue());
        }
        if (bytes > maxHeaderBytes) {
            throw refused(event, "its headers take " + bytes + " bytes, allowed are " + maxHeaderBytes);
        }
    }

    private void checkPayload(Event<?> event, String json) {
        int unstorable = Text.firstUnstorableInJson(json);
        if (unstorable >= 0) {
            throw refused(
                    event, "its payload has a NUL or a lone surrogate at character " + unstorable + " of the JSON");
        }
        int bytes = Text.utf8Length(json);
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
                "Event " + event.id() + " of type '" + shown(event.type()) + "' was refused: " + why);
    }

    /** A value as far as a log line can bear it: cut, and without control characters. */
    private static String shown(String value) {
        String cut = value.length() <= 80 ? value : value.substring(0, 80) + "…";
        return cut.replaceAll("\\p{Cntrl}", "�");
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed are 1 to " + Integer.MAX_VALUE);
        }
    }
}
