package io.penstock.bus.kafka;

/** Where a record stands. Immutable. */
public record RecordPosition(String topic, int partition, long offset) {

    @Override
    public String toString() {
        return topic + "-" + partition + "@" + offset;
    }
}
