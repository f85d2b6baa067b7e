package io.penstock.bus.kafka;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * The event id that a record always gets: its own if that is a UUID, else one made of names by SHA-1 (version 5 of RFC
 * 9562, section 5.5), so that a record delivered again is the same event.
 */
final class EventIdOf {

    private static final int UUID_LENGTH = 36;

    private EventIdOf() {}

    /** Of an id that is unique within a source. */
    static UUID named(String source, String id) {
        return isUuid(id) ? UUID.fromString(id) : hash("id", source, id);
    }

    /** Of a record that has no id. */
    static UUID position(String topic, int partition, long offset) {
        return hash("position", topic, partition + "@" + offset);
    }

    /** In another space than the events', so that a parked record and the event it may become are two. */
    static UUID parked(String topic, int partition, long offset) {
        return hash("parked", topic, partition + "@" + offset);
    }

    private static boolean isUuid(String id) {
        if (id.length() != UUID_LENGTH) {
            return false;
        }
        try {
            return UUID.fromString(id).toString().equalsIgnoreCase(id);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static UUID hash(String space, String scope, String name) {
        ByteBuffer hash =
                ByteBuffer.wrap(sha1().digest((space + '\n' + scope + '\n' + name).getBytes(StandardCharsets.UTF_8)));
        long high = (hash.getLong() & 0xFFFF_FFFF_FFFF_0FFFL) | 0x5000;
        long low = (hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-1", e);
        }
    }
}
