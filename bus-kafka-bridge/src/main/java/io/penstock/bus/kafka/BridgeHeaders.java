package io.penstock.bus.kafka;

/** Headers with which the bridge marks events and records; no format and no application uses them. */
final class BridgeHeaders {

    /** On an event: the topic it came from. The relay does not send it back there. */
    static final String TOPIC = "kafka-topic";

    /** On an event: partition and offset of the record it came from. */
    static final String POSITION = "kafka-position";

    // On a record of a dead-letter topic: why it is there and where it stood.
    static final String REASON = "penstock-reason";
    static final String FROM_TOPIC = "penstock-topic";
    static final String FROM_PARTITION = "penstock-partition";
    static final String FROM_OFFSET = "penstock-offset";
    static final String CUT = "penstock-cut";

    private BridgeHeaders() {}

    static boolean isOfBridge(String header) {
        return header.equals(TOPIC) || header.equals(POSITION);
    }
}
