package io.penstock.bus;

import java.util.Objects;

/**
 * A payload as JSON text, exactly as it was published. Publishing one stores its text unchanged; a consumer of
 * {@code RawJson} gets every payload undecoded. Immutable.
 *
 * @param text a JSON value
 */
public record RawJson(String text) {

    public RawJson {
        Objects.requireNonNull(text, "text");
    }

    /** The text itself, which may be confidential: not for logs. */
    @Override
    public String toString() {
        return text;
    }
}
