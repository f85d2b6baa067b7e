package io.penstock.bus.kafka;

import java.time.Duration;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedForMessageFormatException;

/**
 * What an error of the producer means; the one place that knows.
 *
 * <p>Only what is known to be the record's own fault counts as such. Everything else, however lasting it looks (missing
 * rights, a missing topic, a fenced producer), is mended by somebody else than the event, and must not use it up.
 */
final class KafkaErrors {

    private KafkaErrors() {}

    /** Whether the record itself is at fault, so that the next one may well be taken. */
    static boolean isRefusal(Throwable error) {
        return error instanceof RecordTooLargeException
                || error instanceof RecordBatchTooLargeException
                || error instanceof InvalidRecordException
                || error instanceof InvalidTimestampException
                || error instanceof InvalidTopicException
                || error instanceof SerializationException
                || error instanceof UnsupportedForMessageFormatException;
    }

    /** Whether the producer may be of no more use, and a new one has to take its place. */
    static boolean endsProducer(Throwable error) {
        return !isRefusal(error)
                && !(error instanceof RetriableException)
                && !(error instanceof TopicAuthorizationException)
                && !isOfNeighbour(error);
    }

    /** Whether the next record will meet it too, wherever it goes: no use in trying. */
    static boolean meetsAll(Throwable error) {
        return !isRefusal(error)
                && !(error instanceof TopicAuthorizationException)
                && !(error instanceof UnknownTopicOrPartitionException)
                && !(error instanceof NotEnoughReplicasException)
                && !(error instanceof NotEnoughReplicasAfterAppendException)
                && !(error instanceof NotLeaderOrFollowerException)
                && !(error instanceof LeaderNotAvailableException)
                && !isOfNeighbour(error);
    }

    /** For topics that nothing is known of in time. */
    static KafkaException notKnownWithin(Duration time) {
        return new TimeoutException("nothing is known of the topic within " + time);
    }

    /** For a producer that keeps silent: it has to be replaced. */
    static KafkaException noAnswerWithin(Duration patience) {
        String message = "Kafka has not answered within " + patience;
        return new KafkaException(message, new TimeoutException(message));
    }

    /** What a record is told when another one of its batch was invalid; it has no type of its own. */
    private static boolean isOfNeighbour(Throwable error) {
        return error.getClass() == KafkaException.class && error.getCause() == null;
    }
}
