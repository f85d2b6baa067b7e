package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

class ConsumerOptionsTests {

    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        assertThat(spec(builder -> builder).options())
                .isEqualTo(ConsumerOptions.DEFAULTS)
                .isEqualTo(new ConsumerOptions(
                        false, 16, 2_000, 100, Duration.ofSeconds(30), RetryPolicy.DEFAULTS, OnDead.PARK_KEY, 32));
    }

    @Test
    void theBuilderHandsEveryOptionOn() {
        ConsumerOptions options = spec(builder -> builder.ordered()
                        .concurrency(3)
                        .prefetch(5)
                        .batchSize(7)
                        .timeout(Duration.ofSeconds(11))
                        .retry(RetryPolicy.attempts(13))
                        .onDead(OnDead.SKIP)
                        .partitions(17))
                .options();

        assertThat(options)
                .isEqualTo(new ConsumerOptions(
                        true, 3, 5, 7, Duration.ofSeconds(11), RetryPolicy.attempts(13), OnDead.SKIP, 17));
    }

    static Stream<Arguments> badOptions() {
        return Stream.of(
                bad("concurrency is 0, allowed are 1 to 10000", b -> b.concurrency(0)),
                bad("concurrency is 10001, allowed are 1 to 10000", b -> b.concurrency(10_001)),
                bad("prefetch is -1, allowed are 0 to 100000", b -> b.prefetch(-1)),
                bad("prefetch is 100001, allowed are 0 to 100000", b -> b.prefetch(100_001)),
                bad("batchSize is 0, allowed are 1 to 10000", b -> b.batchSize(0)),
                bad("batchSize is 10001, allowed are 1 to 10000", b -> b.batchSize(10_001)),
                bad("partitions is 0, allowed are 1 to 1024", b -> b.partitions(0)),
                bad("partitions is 1025, allowed are 1 to 1024", b -> b.partitions(1_025)),
                bad("timeout is PT0S, allowed is PT0.001S to 365 days", b -> b.timeout(Duration.ZERO)),
                bad("timeout is PT-1S, allowed is PT0.001S to 365 days", b -> b.timeout(Duration.ofSeconds(-1))),
                bad(
                        "timeout is PT0.000999999S, allowed is PT0.001S to 365 days",
                        b -> b.timeout(Duration.ofNanos(999_999))),
                bad(
                        "timeout is PT8760H0.000000001S, allowed is PT0.001S to 365 days",
                        b -> b.timeout(Duration.ofDays(365).plusNanos(1))),
                bad(
                        "timeout is PT2562047788015215H30M7.999999999S, allowed is PT0.001S to 365 days",
                        b -> b.timeout(ChronoUnit.FOREVER.getDuration())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badOptions")
    void aBadOptionNamesTheConsumerItselfTheValueAndTheRange(
            String problem, UnaryOperator<ConsumerSpec.Builder<RawJson>> change) {
        assertThatThrownBy(() -> spec(change))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessage("Consumer 'shipping': " + problem);
    }

    @Test
    void optionsAtBothEndsAreAllowed() {
        assertThat(spec(b -> b.concurrency(1)
                                .prefetch(0)
                                .batchSize(1)
                                .partitions(1)
                                .timeout(Duration.ofMillis(1)))
                        .options()
                        .prefetch())
                .isZero();
        assertThat(spec(b -> b.concurrency(10_000)
                                .prefetch(100_000)
                                .batchSize(10_000)
                                .partitions(1_024)
                                .timeout(Duration.ofDays(365)))
                        .options()
                        .partitions())
                .isEqualTo(1_024);
    }

    private static ConsumerSpec<RawJson> spec(UnaryOperator<ConsumerSpec.Builder<RawJson>> change) {
        return change.apply(ConsumerSpec.named("shipping").on("order.placed")).handle(event -> Mono.empty());
    }

    private static Arguments bad(String problem, UnaryOperator<ConsumerSpec.Builder<RawJson>> change) {
        return Arguments.of(problem, change);
    }
}
