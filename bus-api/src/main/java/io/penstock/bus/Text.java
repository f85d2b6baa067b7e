package io.penstock.bus;

import java.util.regex.Pattern;

/**
 * Finds what PostgreSQL cannot store as text: NUL and lone surrogates. Either would abort the transaction of the
 * caller, or, with some drivers, be replaced without a word.
 */
final class Text {

    private static final int FINE = -1;
    private static final int LONGEST_NAME = 80;

    /** Control and format characters (C1 and the bidirectional ones too), lone surrogates, line separators. */
    private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]");

    private Text() {}

    /** The index of the first character that cannot be stored, or -1. */
    static int firstUnstorable(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || (Character.isSurrogate(c) && !isPairAt(text, i))) {
                return i;
            }
            if (Character.isHighSurrogate(c)) {
                i++;
            }
        }
        return FINE;
    }

    /** As {@link #firstUnstorable}, for JSON text, in which such characters may also hide behind {@code \\u}. */
    static int firstUnstorableInJson(String json) {
        boolean escaped = json.indexOf('\\') >= 0;
        return escaped ? firstUnstorableEscape(json) : firstUnstorable(json);
    }

    /** The length of the text in UTF-8 bytes; every surrogate has to be one of a pair. */
    static long utf8Length(CharSequence text) {
        long bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
            }
        }
        return bytes;
    }

    private static int firstUnstorableEscape(String json) {
        int plain = firstUnstorable(json);
        if (plain != FINE) {
            return plain;
        }
        for (int i = json.indexOf('\\'); i >= 0 && i + 1 < json.length(); i = json.indexOf('\\', i)) {
            if (json.charAt(i + 1) != 'u') {
                i += 2;
                continue;
            }
            int unit = unitAt(json, i);
            boolean pair = Character.isHighSurrogate((char) unit) && isLowEscapeAt(json, i + 6);
            if (unit == 0 || (Character.isSurrogate((char) unit) && !pair)) {
                return i;
            }
            i += pair ? 12 : 6;
        }
        return FINE;
    }

    private static boolean isLowEscapeAt(String json, int index) {
        return json.startsWith("\\u", index) && Character.isLowSurrogate((char) unitAt(json, index));
    }

    /** The UTF-16 unit that {@code \\uXXXX} at the index stands for; NUL, which is refused, when it is cut short. */
    private static int unitAt(String json, int index) {
        if (index + 6 > json.length()) {
            return 0;
        }
        int unit = 0;
        for (int i = index + 2; i < index + 6; i++) {
            unit = (unit << 4) | Math.max(0, Character.digit(json.charAt(i), 16));
        }
        return unit;
    }

    /** A value as far as one line of a log can bear it: cut, and nothing in it that moves a line or a cursor. */
    static String shown(String value, int longest) {
        String cut = value.length() <= longest ? value : value.substring(0, longest) + "…";
        return UNSEEN.matcher(cut).replaceAll("�");
    }

    static String shown(String value) {
        return shown(value, LONGEST_NAME);
    }

    private static boolean isPairAt(CharSequence text, int index) {
        return Character.isHighSurrogate(text.charAt(index))
                && index + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(index + 1));
    }
}
