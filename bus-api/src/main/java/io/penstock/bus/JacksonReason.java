package io.penstock.bus;

import tools.jackson.core.JacksonException;

/** Why a payload could not be written or read, in one line that a log can bear; Jackson's own message has several. */
final class JacksonReason {

    private static final int LONGEST = 500;

    private JacksonReason() {}

    static String of(Throwable error) {
        try {
            return error instanceof JacksonException jackson
                    ? Text.shown(jackson.getOriginalMessage(), LONGEST) + path(jackson)
                    : Text.shown(error.toString(), LONGEST);
        } catch (RuntimeException | StackOverflowError hostile) {
            return error.getClass().getName();
        }
    }

    private static String path(JacksonException error) {
        return error.getPath().isEmpty() ? "" : Text.shown(" at " + error.getPathReference(), LONGEST);
    }
}
