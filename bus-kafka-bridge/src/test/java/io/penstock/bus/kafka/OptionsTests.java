package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OptionsTests {

    static Stream<Arguments> relays() {
        return Stream.of(
                relay(o -> o.batchSize(0), "batchSize is 0, allowed are 1 to 10000"),
                relay(o -> o.concurrency(65), "concurrency is 65, allowed are 1 to 64"),
                relay(o -> o.deliveryTimeout(Duration.ZERO), "deliveryTimeout is PT0S, allowed are PT1S to PT5M"),
                relay(o -> o.pauses(Duration.ZERO, Duration.ofSeconds(1)), "firstPause is PT0S"),
                relay(o -> o.pauses(Duration.ofSeconds(2), Duration.ofSeconds(1)), "longestPause is PT1S"),
                relay(o -> o.lagInterval(Duration.ZERO), "lagInterval is PT0S"),
                relay(o -> o.producer("acks", "1"), "acks is '1', allowed is 'all'"),
                relay(o -> o.producer("enable.idempotence", false), "enable.idempotence is 'false', allowed is 'true'"),
                relay(o -> o.producer("transactional.id", "t"), "transactional.id is 't', allowed is none"));
    }

    static Stream<Arguments> ingresses() {
        return Stream.of(
                ingress("1in", o -> o.types("*"), "name is '1in'"),
                ingress("in", o -> o, "types is ''"),
                ingress("in", o -> o.types("*").topicType("other", "x"), "topicType is '[other]'"),
                ingress("in", o -> o.types("*").unreadable(UnreadableRecords.toTopic("topic")), "unreadable is"),
                ingress("in", o -> o.types("*").unreadable(UnreadableRecords.toTopic("a b")), "unreadable is 'a b'"),
                ingress("in", o -> o.types("*").batchSize(10_001), "batchSize is 10001, allowed are 1 to 10000"),
                ingress("in", o -> o.types("*").keepAlive(Duration.ZERO), "keepAlive is PT0S"),
                ingress("in", o -> o.types("*").consumer("enable.auto.commit", true), "enable.auto.commit is 'true'"));
    }

    @ParameterizedTest
    @MethodSource("relays")
    void aRelaysBadValueIsNamedWithWhatIsAllowed(UnaryOperator<RelayOptions.Builder> change, String message) {
        RelayOptions.Builder options = RelayOptions.builder("relay", "*").bootstrapServers("localhost:1");

        assertThatThrownBy(() -> change.apply(options).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @MethodSource("ingresses")
    void anIngressesBadValueIsNamedWithWhatIsAllowed(
            String name, UnaryOperator<IngressOptions.Builder> change, String message) {
        IngressOptions.Builder options = IngressOptions.builder(name, "topic").bootstrapServers("localhost:1");

        assertThatThrownBy(() -> change.apply(options).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void brokersHaveToBeNamed() {
        assertThatThrownBy(() -> RelayOptions.builder("relay", "*").build()).hasMessageContaining("bootstrap.servers");
        assertThatThrownBy(() -> IngressOptions.builder("in", "t").types("*").build())
                .hasMessageContaining("bootstrap.servers");
        assertThatThrownBy(() -> IngressOptions.builder("in")
                        .bootstrapServers("x")
                        .types("*")
                        .build())
                .hasMessageContaining("topics is '[]'");
        assertThatThrownBy(() -> IngressOptions.builder("in", " ")
                        .bootstrapServers("x")
                        .types("*")
                        .build())
                .hasMessageContaining("topics is ' ', allowed is a topic");
    }

    @Test
    void theHandlerHasMoreTimeThanADeliveryMayTake() {
        RelayOptions options = RelayOptions.builder("relay", "*")
                .bootstrapServers("localhost:1")
                .build();

        Map<String, Object> settings = ProducerSettings.of(options.producer(), options.deliveryTimeout());

        assertThat(options.batchTimeout())
                .isGreaterThan(
                        options.longestPause().plus(options.deliveryTimeout().multipliedBy(2)));
        assertThat(settings)
                .containsEntry(ProducerConfig.ACKS_CONFIG, "all")
                .containsEntry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true)
                .containsEntry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 20_000);
    }

    private static Arguments relay(UnaryOperator<RelayOptions.Builder> change, String message) {
        return arguments(change, message);
    }

    private static Arguments ingress(String name, UnaryOperator<IngressOptions.Builder> change, String message) {
        return arguments(name, change, message);
    }
}
