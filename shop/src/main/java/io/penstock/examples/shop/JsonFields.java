package io.penstock.examples.shop;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The fields of a request's body. */
final class JsonFields {

    private static final int SHOWN = 60;

    private JsonFields() {}

    /** A violation for each field that is not among the known ones; throws for what is no object. */
    static List<InvalidRequestException.Violation> unknown(JsonNode body, Set<String> known) {
        if (!body.isObject()) {
            throw InvalidRequestException.of("body", shown(body), "a JSON object");
        }
        return body.propertyNames().stream()
                .filter(name -> !known.contains(name))
                .limit(10)
                .map(name -> new InvalidRequestException.Violation(
                        cut(name), shown(body.get(name)), "the fields " + String.join(", ", sorted(known)) + " only"))
                .toList();
    }

    static @Nullable String shown(@Nullable JsonNode value) {
        return value == null ? null : cut(value.toString());
    }

    static String cut(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }
}
