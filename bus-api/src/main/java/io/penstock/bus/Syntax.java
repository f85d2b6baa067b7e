package io.penstock.bus;

import java.util.regex.Pattern;

/** What names may look like; one place, so that publisher, consumer and filter agree. */
final class Syntax {

    static final String TYPE_RULE = "letters, digits, '_' and '-' in words joined by '.', at most 200 characters";
    static final String NAME_RULE = "a letter, then letters, digits, '.', '_' and '-', at most 100 characters";

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0,99}");
    private static final int LONGEST_TYPE = 200;

    private Syntax() {}

    /** Asked of each event published: a regular expression took a twentieth of that. */
    static boolean isType(String text) {
        if (text.length() > LONGEST_TYPE) {
            return false;
        }
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char at = text.charAt(i);
            if (at == '.' ? !inWord : !isWordCharacter(at)) {
                return false;
            }
            inWord = at != '.';
        }
        return inWord;
    }

    private static boolean isWordCharacter(char at) {
        return (at >= 'a' && at <= 'z')
                || (at >= 'A' && at <= 'Z')
                || (at >= '0' && at <= '9')
                || at == '_'
                || at == '-';
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
