package io.penstock.bus.kafka;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * The payload of a parked record's event; bytes are in base64.
 *
 * @param valueBytes how many the value has, {@code null} for a tombstone
 * @param isWhole whether the record can be made again from this
 */
record ParkedRecord(
        String reason,
        String topic,
        int partition,
        long offset,
        long timestamp,
        @Nullable String key,
        @Nullable String value,
        @Nullable Integer valueBytes,
        List<ParkedHeader> headers,
        boolean isWhole) {

    private static final int LARGEST = 256 << 10;
    private static final int EXCERPT = 1 << 10;

    record ParkedHeader(String name, @Nullable String value) {}

    static ParkedRecord of(Diverted diverted) {
        ConsumerRecord<byte[], byte[]> record = diverted.record();
        return sizeOf(record) <= LARGEST
                ? of(diverted, Integer.MAX_VALUE, headers(record), true)
                : of(diverted, EXCERPT, List.of(), false);
    }

    /** Without anything of the record but where it stands. */
    ParkedRecord coordinates() {
        return new ParkedRecord(reason, topic, partition, offset, timestamp, null, null, valueBytes, List.of(), false);
    }

    ConsumerRecord<byte[], byte[]> record() {
        byte[] keyBytes = bytes(key);
        byte[] whole = bytes(value);
        List<Header> made = new ArrayList<>();
        headers.forEach(header -> made.add(new RecordHeader(header.name(), bytes(header.value()))));
        return new ConsumerRecord<>(
                topic,
                partition,
                offset,
                timestamp,
                TimestampType.CREATE_TIME,
                keyBytes == null ? ConsumerRecord.NULL_SIZE : keyBytes.length,
                whole == null ? ConsumerRecord.NULL_SIZE : whole.length,
                keyBytes,
                whole,
                new RecordHeaders(made),
                Optional.empty());
    }

    private static ParkedRecord of(Diverted diverted, int most, List<ParkedHeader> headers, boolean isWhole) {
        ConsumerRecord<byte[], byte[]> record = diverted.record();
        byte[] value = record.value();
        return new ParkedRecord(
                diverted.reason(),
                record.topic(),
                record.partition(),
                record.offset(),
                record.timestamp(),
                text(record.key(), most),
                text(value, most),
                value == null ? null : value.length,
                headers,
                isWhole);
    }

    private static List<ParkedHeader> headers(ConsumerRecord<byte[], byte[]> record) {
        List<ParkedHeader> headers = new ArrayList<>();
        record.headers()
                .forEach(
                        header -> headers.add(new ParkedHeader(header.key(), text(header.value(), Integer.MAX_VALUE))));
        return headers;
    }

    private static @Nullable String text(byte @Nullable [] bytes, int most) {
        if (bytes == null) {
            return null;
        }
        return Base64.getEncoder().encodeToString(bytes.length <= most ? bytes : Arrays.copyOf(bytes, most));
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : Base64.getDecoder().decode(text);
    }

    private static long sizeOf(ConsumerRecord<byte[], byte[]> record) {
        long size = length(record.key()) + length(record.value());
        for (Header header : record.headers()) {
            // Each has a name and JSON around it.
            size += header.key().length() + length(header.value()) + 32;
        }
        return size;
    }

    private static long length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
