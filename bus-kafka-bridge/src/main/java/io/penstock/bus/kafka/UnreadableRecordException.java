package io.penstock.bus.kafka;

/** A record cannot become an event; the message says why and repeats nothing that could be confidential. */
final class UnreadableRecordException extends RuntimeException {

    UnreadableRecordException(String reason) {
        super(reason, null, false, false);
    }
}
