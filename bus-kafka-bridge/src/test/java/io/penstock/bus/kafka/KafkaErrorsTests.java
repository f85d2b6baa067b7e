package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KafkaErrorsTests {

    static Stream<Throwable> refusals() {
        return Stream.of(
                new RecordTooLargeException("x"),
                new InvalidRecordException("x"),
                new InvalidTimestampException("x"),
                new InvalidTopicException("x"));
    }

    static Stream<Throwable> outages() {
        return Stream.of(
                new TimeoutException("x"),
                new DisconnectException("x"),
                new NotEnoughReplicasException("x"),
                new UnknownTopicOrPartitionException("x"),
                new TopicAuthorizationException("x"),
                new KafkaException("Failed to append record because it was part of a batch with an invalid one"));
    }

    static Stream<Throwable> endsOfTheProducer() {
        return Stream.of(
                new ProducerFencedException("x"),
                new OutOfOrderSequenceException("x"),
                new ClusterAuthorizationException("x"),
                new SaslAuthenticationException("x"),
                new IllegalStateException("Cannot perform operation after producer has been closed"),
                new KafkaException("in an error state", new IllegalStateException()));
    }

    static Stream<Throwable> ofOneTopic() {
        return Stream.of(
                new TopicAuthorizationException("x"),
                new UnknownTopicOrPartitionException("x"),
                new NotEnoughReplicasException("x"),
                new InvalidTopicException("x"));
    }

    @ParameterizedTest
    @MethodSource("ofOneTopic")
    void oneTopicsErrorIsNotReportedForOthersOfItsWave(Throwable error) {
        Acknowledgements answers = new Acknowledgements(3);

        answers.ended(0, error);
        answers.notTried(1, new TimeoutException("nothing is known of the topic"));
        assertThat(answers.lost()).isNull();
        answers.ended(2, new TimeoutException("no room in the buffer"));
        assertThat(answers.lost()).isInstanceOf(TimeoutException.class);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aRecordsOwnFaultIsARefusal(Throwable error) {
        assertThat(KafkaErrors.isRefusal(error)).isTrue();
        assertThat(KafkaErrors.endsProducer(error)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("outages")
    void whatPassesOrIsMendedByOthersIsNone(Throwable error) {
        assertThat(KafkaErrors.isRefusal(error)).isFalse();
        assertThat(KafkaErrors.endsProducer(error)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("endsOfTheProducer")
    void aProducerThatCannotGoOnIsReplaced(Throwable error) {
        assertThat(KafkaErrors.isRefusal(error)).isFalse();
        assertThat(KafkaErrors.endsProducer(error)).isTrue();
    }
}
