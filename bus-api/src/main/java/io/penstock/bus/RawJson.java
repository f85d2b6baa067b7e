package io.penstock.bus;

import java.util.Objects;

/**
 * A payload as JSON text, exactly as it was published. Publishing one stores its text unchanged; a consumer of
 * {@code RawJson} gets every payload undecoded.
 *
 * @param text a JSON value
 */
public record RawJson(String text) {

    public RawJson {
        Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
        return text;
    }
}
