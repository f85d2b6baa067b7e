package io.penstock.bus;

import java.util.regex.Pattern;

/** What names may look like; one place, so that publisher, consumer and filter agree. */
final class Syntax {

    static final String TYPE_RULE = "letters, digits, '_' and '-' in words joined by '.', at most 200 characters";
    static final String NAME_RULE = "a letter, then letters, digits, '.', '_' and '-', at most 100 characters";

    private static final Pattern TYPE = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0,99}");
    private static final int LONGEST_TYPE = 200;

    private Syntax() {}

    static boolean isType(String text) {
        return text.length() <= LONGEST_TYPE && TYPE.matcher(text).matches();
    }

    static boolean isPattern(String text) {
        return text.equals("*") || isType(text.endsWith(".*") ? text.substring(0, text.length() - 2) : text);
    }

    static boolean isConsumerName(String text) {
        return NAME.matcher(text).matches();
    }

    static boolean matches(String pattern, String type) {
        if (pattern.endsWith("*")) {
            return type.startsWith(pattern.substring(0, pattern.length() - 1));
        }
        return pattern.equals(type);
    }
}
