package io.penstock.bus;

/**
 * Recognizes one JSON value as serializers write most of them: without white space between its parts, with few levels, and
 * with short plain numbers. What it recognizes is JSON by RFC 8259; of all other text it says nothing.
 *
 * <p>Design note: each payload is checked before it is published, and this takes a third of what a parser does, which
 * was a tenth of the JVM's work for publishing.
 */
final class PlainJson {

    static final int LONGEST = 50_000;
    static final int LONGEST_NUMBER = 40;

    /** Of levels with something in them. */
    static final int DEEPEST = 63;

    private static final int FAILED = -1;
    private static final String ESCAPED = "\"\\/bfnrt";

    private final String text;
    private int at;
    private int depth;
    // A bit for each open level, set for an object.
    private long objects;

    private PlainJson(String text) {
        this.text = text;
    }

    static boolean recognizes(String text) {
        return text.length() <= LONGEST && new PlainJson(text).isOneValue();
    }

    private boolean isOneValue() {
        boolean goesOn = true;
        while (goesOn) {
            goesOn = opens() || continues();
        }
        return at == text.length();
    }

    /** Passes a value, or the beginning of one with values in it: then the next one follows. */
    private boolean opens() {
        char first = peek();
        if (first == '{' || first == '[') {
            return open(first == '{');
        }
        if (first == '"') {
            string();
        } else if (first == 't' || first == 'n') {
            word(first == 't' ? "true" : "null");
        } else if (first == 'f') {
            word("false");
        } else {
            number();
        }
        return false;
    }

    private boolean open(boolean object) {
        at++;
        if (peek() == (object ? '}' : ']')) {
            at++;
            return false;
        }
        objects = (objects << 1) | (object ? 1 : 0);
        if (++depth > DEEPEST) {
            at = FAILED;
        } else if (object) {
            name();
        }
        return at != FAILED;
    }

    /** Passes what ends after a value; whether another one follows. */
    private boolean continues() {
        while (depth > 0 && at != FAILED) {
            boolean object = (objects & 1) == 1;
            char next = peek();
            if (next == ',') {
                at++;
                if (object) {
                    name();
                }
                return at != FAILED;
            }
            at = next == (object ? '}' : ']') ? at + 1 : FAILED;
            objects >>>= 1;
            depth--;
        }
        return false;
    }

    private void name() {
        if (peek() == '"') {
            string();
            at = peek() == ':' ? at + 1 : FAILED;
        } else {
            at = FAILED;
        }
    }

    private void string() {
        int next = at + 1;
        at = FAILED;
        while (next < text.length()) {
            char unit = text.charAt(next);
            if (unit == '"') {
                at = next + 1;
                return;
            }
            if (unit < ' ' || (unit == '\\' && !isEscaped(next + 1))) {
                return;
            }
            next += unit == '\\' ? 2 : 1;
        }
    }

    private boolean isEscaped(int position) {
        return position < text.length() && ESCAPED.indexOf(text.charAt(position)) >= 0;
    }

    private void word(String word) {
        at = text.startsWith(word, at) ? at + word.length() : FAILED;
    }

    private void number() {
        int first = at;
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (at - first > LONGEST_NUMBER) {
            at = FAILED;
        }
    }

    private void digits() {
        int first = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == first) {
            at = FAILED;
        }
    }

    private char peek() {
        return at >= 0 && at < text.length() ? text.charAt(at) : 0;
    }
}
