package io.penstock.bus.kafka;

/**
 * The conventions of Debezium's outbox event router, as its documentation gives them: the event id in the header
 * {@code id}, the topic {@code outbox.event.<aggregate type>}, the aggregate id as the key; the event type travels in a
 * header only if the connector is told so, and {@code eventType} is the name its documentation proposes.
 */
final class Debezium {

    static final String ID = "id";
    static final String TYPE = "eventType";
    static final String TOPIC_PREFIX = "outbox.event.";

    private Debezium() {}
}
