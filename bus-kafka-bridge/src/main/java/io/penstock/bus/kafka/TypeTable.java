package io.penstock.bus.kafka;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which event type a record becomes; nothing a record says is used but through this table. Immutable.
 *
 * @param named types as records name them, and the event types they become
 * @param taken patterns of types that are taken under the name they have
 * @param byTopic the event types of records that name none, by topic
 * @param ignored patterns of types that are passed over
 */
record TypeTable(Map<String, String> named, Set<String> taken, Map<String, String> byTopic, Set<String> ignored) {

    /** The event type, or {@code null} when the table knows none. */
    @Nullable
    String typeOf(@Nullable String name, String topic) {
        if (name == null) {
            return byTopic.get(topic);
        }
        String mapped = named.get(name);
        return mapped != null ? mapped : matches(taken, name) ? name : null;
    }

    boolean isIgnored(@Nullable String name) {
        return name != null && matches(ignored, name);
    }

    private static boolean matches(Set<String> patterns, String name) {
        return patterns.contains(name)
                || patterns.stream()
                        .anyMatch(pattern ->
                                pattern.endsWith("*") && name.startsWith(pattern.substring(0, pattern.length() - 1)));
    }
}
