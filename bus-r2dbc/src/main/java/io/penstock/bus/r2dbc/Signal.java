package io.penstock.bus.r2dbc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What one node tells the others, as the payload of a notification: {@code 1 <sender> <consumer>:<lowest seq>:<due in
 * ms> …}, with {@code -} for nothing. The first digit is the version; a node passes by what it cannot read.
 */
record Signal(UUID sender, List<Hint> hints) {

    // A hint takes at most 46 bytes and PostgreSQL wants less than 8,000.
    private static final int MOST_HINTS = 150;
    private static final String VERSION = "1";
    private static final String NOTHING = "-";

    /** As many payloads as are needed. */
    static List<String> payloads(UUID sender, List<Hint> hints) {
        List<String> payloads = new ArrayList<>();
        for (int from = 0; from < hints.size(); from += MOST_HINTS) {
            List<Hint> some = hints.subList(from, Math.min(hints.size(), from + MOST_HINTS));
            payloads.add(new Signal(sender, some).payload());
        }
        return payloads;
    }

    /** Reads a payload; {@code null} if it is none of this version's. Anybody may send anything on a channel. */
    static @Nullable Signal read(String payload) {
        String[] words = payload.split(" ", -1);
        if (words.length < 2 || !words[0].equals(VERSION)) {
            return null;
        }
        try {
            List<Hint> hints = Arrays.stream(words).skip(2).map(Signal::hint).toList();
            return new Signal(UUID.fromString(words[1]), hints);
        } catch (IllegalArgumentException foreign) {
            return null;
        }
    }

    private String payload() {
        return hints.stream().map(Signal::word).collect(Collectors.joining(" ", VERSION + " " + sender + " ", ""));
    }

    private static String word(Hint hint) {
        return hint.consumerId() + ":" + text(hint.lowestSeq()) + ":" + text(hint.dueInMillis());
    }

    private static String text(long number) {
        return number == Long.MAX_VALUE ? NOTHING : String.valueOf(Math.max(0, number));
    }

    private static Hint hint(String word) {
        String[] parts = word.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException(word);
        }
        return new Hint(Integer.parseInt(parts[0]), number(parts[1]), number(parts[2]));
    }

    private static long number(String text) {
        long number = text.equals(NOTHING) ? Long.MAX_VALUE : Long.parseLong(text);
        if (number < 0) {
            throw new IllegalArgumentException(text);
        }
        return number;
    }
}
