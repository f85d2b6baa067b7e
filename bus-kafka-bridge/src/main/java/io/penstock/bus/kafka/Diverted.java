package io.penstock.bus.kafka;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A record that does not become an event, and why. */
record Diverted(ConsumerRecord<byte[], byte[]> record, String reason) {

    RecordPosition position() {
        return positionOf(record);
    }

    static RecordPosition positionOf(ConsumerRecord<?, ?> record) {
        return new RecordPosition(record.topic(), record.partition(), record.offset());
    }
}
