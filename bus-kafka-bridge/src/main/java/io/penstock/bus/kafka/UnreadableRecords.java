package io.penstock.bus.kafka;

/** Where records go that cannot become events; the partition moves on when they are there. */
public sealed interface UnreadableRecords {

    /**
     * To a topic, as they were, with the reason and their coordinates in headers {@code penstock-reason}, {@code
     * penstock-topic}, {@code penstock-partition} and {@code penstock-offset}.
     */
    record ToTopic(String topic) implements UnreadableRecords {}

    /**
     * To the dead letters of the bus, under the consumer {@code <ingress>-unreadable}, with reason, coordinates and, if it
     * takes no more than 256 KiB, the record itself. Redriving such a letter reads the record again.
     */
    record Parked() implements UnreadableRecords {}

    static UnreadableRecords toTopic(String topic) {
        return new ToTopic(topic);
    }

    static UnreadableRecords parked() {
        return new Parked();
    }
}
