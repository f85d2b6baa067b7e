package io.penstock.bus.kafka;

import java.util.Map;
import java.util.regex.Pattern;

/** Refuses option values; the message names the option, the value and what is allowed. */
final class Checks {

    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private Checks() {}

    static <V extends Comparable<V>> void between(String name, V value, V low, V high) {
        if (value.compareTo(low) < 0 || value.compareTo(high) > 0) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed are " + low + " to " + high);
        }
    }

    static void holds(boolean allowed, String name, Object value, String range) {
        if (!allowed) {
            throw new IllegalArgumentException(name + " is '" + value + "', allowed is " + range);
        }
    }

    /** Kafka says so too, but only later, and again at every try. */
    static void topic(String name, String topic) {
        holds(
                TOPIC.matcher(topic).matches() && !topic.equals(".") && !topic.equals(".."),
                name,
                topic,
                "a topic: 1 to 249 letters, digits, '.', '_' and '-'");
    }

    /** For Kafka's settings, of which the bridge keeps some to itself. */
    static void fixed(Map<String, Object> settings, String name, Object value, String why) {
        Object given = settings.get(name);
        if (given != null && !String.valueOf(given).equals(value.toString())) {
            throw new IllegalArgumentException(name + " is '" + given + "', allowed is '" + value + "': " + why);
        }
    }
}
