package io.penstock.bus.kafka;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * A record's headers as text, of several of one name the last.
 *
 * @param attributes CloudEvents attributes, without their prefix
 * @param others all else
 * @param curtailed names of those that had no value, or several that differ
 */
record RecordHeaders(Map<String, String> attributes, Map<String, String> others, Set<String> curtailed) {

    /** Throws {@link UnreadableRecordException} for a wanted header that is no text. */
    static RecordHeaders read(Headers headers, Predicate<String> wanted) {
        RecordHeaders read = new RecordHeaders(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashSet<>());
        for (Header header : headers) {
            String name = header.key();
            if (name.startsWith(CloudEvents.HEADER_PREFIX)) {
                String attribute = name.substring(CloudEvents.HEADER_PREFIX.length());
                read.add(header, read.attributes, attribute, "a ce_ header");
            } else if (wanted.test(name)) {
                read.add(header, read.others, name, "a header");
            }
        }
        return read;
    }

    private void add(Header header, Map<String, String> to, String name, String what) {
        byte[] bytes = header.value();
        String value = bytes == null ? null : Utf8.read(bytes, what);
        String before = value == null ? null : to.put(name, value);
        if (value == null || (before != null && !before.equals(value))) {
            curtailed.add(header.key());
        }
    }

    boolean isStructured() {
        String type = others.get(CloudEvents.CONTENT_TYPE);
        return type != null && type.toLowerCase(Locale.ROOT).startsWith(CloudEvents.STRUCTURED);
    }

    /** Takes an attribute out, so that what is left at the end are those nobody knows. */
    @Nullable
    String take(String attribute) {
        return attributes.remove(attribute);
    }

    @Nullable
    String takeOther(String name) {
        return others.remove(name);
    }

    /** Puts an attribute back that has no place in the event; it becomes a header. */
    void keep(String attribute, @Nullable String value) {
        if (value != null) {
            attributes.put(attribute, value);
        }
    }

    /** What the event gets as headers: all that was not taken. */
    Map<String, String> rest() {
        Map<String, String> rest = new LinkedHashMap<>(others);
        attributes.forEach((name, value) -> rest.putIfAbsent(CloudEvents.HEADER_PREFIX + name, value));
        return rest;
    }
}
