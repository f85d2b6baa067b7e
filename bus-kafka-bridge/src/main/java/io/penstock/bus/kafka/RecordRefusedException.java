package io.penstock.bus.kafka;

import io.penstock.bus.PenstockException;

/** Kafka takes everything but this record; a failed attempt of its event. The cause is what Kafka says. */
public final class RecordRefusedException extends PenstockException {

    RecordRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
