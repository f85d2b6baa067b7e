package io.penstock.bus.r2dbc;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A cause as it is stored with a delivery: class, message, causes and first frames, cut to what a row should bear. */
final class ErrorText {

    static final int MOST_CHARACTERS = 8_000;

    private static final int DEEPEST_CAUSE = 8;
    private static final int FRAMES = 12;
    private static final StackTraceElement[] NO_FRAMES = {};

    private ErrorText() {}

    static String of(Throwable thrown) {
        StringBuilder text = new StringBuilder();
        Throwable at = thrown;
        for (int depth = 0; at != null && depth < DEEPEST_CAUSE && text.length() < MOST_CHARACTERS; depth++) {
            text.append(depth == 0 ? "" : "\nCaused by: ").append(described(at));
            at = asked(at::getCause, null);
        }
        appendFrames(text, thrown);
        return storable(text);
    }

    private static String described(Throwable thrown) {
        return asked(() -> String.valueOf(thrown), thrown.getClass().getName());
    }

    private static void appendFrames(StringBuilder text, Throwable thrown) {
        StackTraceElement[] frames = asked(() -> Objects.requireNonNull(thrown.getStackTrace()), NO_FRAMES);
        for (int i = 0; i < Math.min(FRAMES, frames.length); i++) {
            text.append("\n\tat ").append(frames[i]);
        }
    }

    /** The application's exceptions may throw anything when asked, and must be stored all the same. */
    private static <V extends @Nullable Object> V asked(Supplier<V> question, V otherwise) {
        try {
            return question.get();
        } catch (Throwable hostile) {
            return otherwise;
        }
    }

    /** Cut, and without what PostgreSQL cannot store. */
    private static String storable(StringBuilder text) {
        boolean cut = text.length() > MOST_CHARACTERS;
        String kept = cut ? text.substring(0, MOST_CHARACTERS - 1) : text.toString();
        String paired = new String(kept.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        return paired.replace('\0', '�') + (cut ? "…" : "");
    }
}
