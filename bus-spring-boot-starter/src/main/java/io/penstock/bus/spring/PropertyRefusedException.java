package io.penstock.bus.spring;

import java.util.Locale;

/** A property has a value that the bus refuses; says which one, and what is allowed. */
final class PropertyRefusedException extends RuntimeException {

    private final String property;

    private PropertyRefusedException(String property, String message, IllegalArgumentException cause) {
        super(message, cause);
        this.property = property;
    }

    /** The bus's own refusals begin with the name of the value, as the options spell it. */
    static PropertyRefusedException of(String prefix, IllegalArgumentException refusal) {
        String said = String.valueOf(refusal.getMessage());
        String name = said.substring(0, Math.max(0, said.indexOf(' ')));
        String property = prefix + kebab(name);
        return new PropertyRefusedException(property, property + said.substring(name.length()), refusal);
    }

    String property() {
        return property;
    }

    private static String kebab(String name) {
        return name.replaceAll("([a-z])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }
}
