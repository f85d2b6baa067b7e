package io.penstock.bus.kafka;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * A record's headers as text, of several of one name the last.
 *
 * @param attributes CloudEvents attributes, without their prefix
 * @param others all else
 */
record RecordHeaders(Map<String, String> attributes, Map<String, String> others) {

    /** Throws {@link UnreadableRecordException} for a wanted header that is no text. */
    static RecordHeaders read(Headers headers, Predicate<String> wanted) {
        RecordHeaders read = new RecordHeaders(new LinkedHashMap<>(), new LinkedHashMap<>());
        for (Header header : headers) {
            byte[] value = header.value();
            if (value != null) {
                read.add(header.key(), value, wanted);
            }
        }
        return read;
    }

    private void add(String name, byte[] value, Predicate<String> wanted) {
        if (name.startsWith(CloudEvents.HEADER_PREFIX)) {
            attributes.put(name.substring(CloudEvents.HEADER_PREFIX.length()), Utf8.read(value, "a ce_ header"));
        } else if (wanted.test(name)) {
            others.put(name, Utf8.read(value, "a header"));
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

    /** What the event gets as headers: all that was not taken. */
    Map<String, String> rest() {
        Map<String, String> rest = new LinkedHashMap<>(others);
        attributes.forEach((name, value) -> rest.putIfAbsent(CloudEvents.HEADER_PREFIX + name, value));
        return rest;
    }
}
