package io.penstock.examples.shop;

import java.util.UUID;
import java.util.regex.Pattern;

/** An id in a request's path. */
final class PathId {

    private static final Pattern UUID_TEXT = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private PathId() {}

    /** {@code UUID.fromString} alone takes more than the canonical form. */
    static UUID of(String name, String text) {
        if (!UUID_TEXT.matcher(text).matches()) {
            throw InvalidRequestException.of(
                    name, "\"" + JsonFields.cut(text) + "\"", "a UUID such as 0198c0de-0000-7000-8000-000000000000");
        }
        return UUID.fromString(text);
    }
}
