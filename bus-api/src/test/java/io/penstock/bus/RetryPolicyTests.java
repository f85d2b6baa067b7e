package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RetryPolicyTests {

    private final Exception cause = new IOException("carrier is down");

    private final RetryPolicy plain = RetryPolicy.DEFAULTS
            .withMaxAttempts(1_001)
            .withBackoff(Duration.ofSeconds(1), Duration.ofSeconds(20))
            .withJitter(0);

    @Test
    void delaysDoubleFromTheFirstUntilTheCap() {
        List<Duration> delays =
                IntStream.rangeClosed(1, 8).mapToObj(n -> plain.delay(n, 0.7)).toList();

        assertThat(delays)
                .extracting(Duration::toMillis)
                .containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 20_000L, 20_000L, 20_000L);
    }

    @Test
    void delaysFollowAnotherMultiplier() {
        RetryPolicy tripled = plain.withMultiplier(1.5);

        assertThat(IntStream.rangeClosed(1, 4).mapToObj(n -> tripled.delay(n, 0)))
                .extracting(Duration::toMillis)
                .containsExactly(1_000L, 1_500L, 2_250L, 3_375L);
    }

    @Test
    void aMultiplierOfOneWaitsTheSameTimeEachTime() {
        assertThat(plain.withMultiplier(1).delay(77, 0)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void jitterTakesOffAtMostItsShareAndNeverAdds() {
        RetryPolicy jittered = plain.withJitter(0.2);

        assertThat(jittered.delay(3, 0)).isEqualTo(Duration.ofSeconds(4));
        assertThat(jittered.delay(3, 0.5)).isEqualTo(Duration.ofMillis(3_600));
        assertThat(jittered.delay(3, Math.nextDown(1.0)))
                .isBetween(Duration.ofMillis(3_200), Duration.ofMillis(3_200).plusNanos(1));
        assertThat(plain.withJitter(1).delay(3, Math.nextDown(1.0))).isLessThan(Duration.ofNanos(2));
    }

    @Test
    void jitterIsTakenOffTheCapToo() {
        assertThat(plain.withJitter(0.2).delay(50, 0.5)).isEqualTo(Duration.ofSeconds(18));
    }

    @Test
    void attemptOneThousandWaitsTheCapAndOverflowsNothing() {
        assertThat(plain.delay(1_000, 0)).isEqualTo(Duration.ofSeconds(20));
        assertThat(plain.withMultiplier(1_000).delay(1_000, 0)).isEqualTo(Duration.ofSeconds(20));
        assertThat(plain.delay(Integer.MAX_VALUE, 0)).isEqualTo(Duration.ofSeconds(20));
        assertThat(plain.afterFailure(1_000, cause, 0)).isInstanceOf(Outcome.Retry.class);
    }

    @Test
    void aDelayOfZeroStaysZeroEvenWhenTheMultiplierOverflows() {
        RetryPolicy atOnce = plain.withBackoff(Duration.ZERO, Duration.ofSeconds(20));

        assertThat(IntStream.of(1, 2, 1_024, 1_025, 5_000).mapToObj(n -> atOnce.delay(n, 0)))
                .containsOnly(Duration.ZERO);
    }

    @Test
    void noDelayOfAnyPolicyIsAboveTheCapOrBelowTheCapLessItsJitter() {
        Random random = Seed.random(getClass());
        for (int i = 0; i < 5_000; i++) {
            Duration initial =
                    Duration.ofNanos(random.nextLong(1, Duration.ofDays(1).toNanos()));
            Duration cap =
                    initial.plusNanos(random.nextLong(Duration.ofDays(364).toNanos() - 1));
            RetryPolicy policy =
                    new RetryPolicy(10, initial, 1 + 999 * random.nextDouble(), cap, random.nextDouble(), Set.of());
            int attempt = random.nextInt(1, 2_000);

            Duration longest = policy.delay(attempt, 0);
            Duration jittered = policy.delay(attempt, random.nextDouble());

            assertThat(longest).as("%s, attempt %d", policy, attempt).isLessThanOrEqualTo(cap);
            assertThat(jittered).as("%s, attempt %d", policy, attempt).isBetween(Duration.ZERO, longest);
            assertThat(policy.delay(attempt + 1, 0))
                    .as("%s, attempt %d", policy, attempt)
                    .isGreaterThanOrEqualTo(longest);
        }
    }

    @Test
    void threeAttemptsAreTwoRetriesAndThenDeath() {
        RetryPolicy three = plain.withMaxAttempts(3);

        assertThat(three.afterFailure(1, cause, 0)).isEqualTo(new Outcome.Retry(Duration.ofSeconds(1), null, cause));
        assertThat(three.afterFailure(2, cause, 0)).isEqualTo(new Outcome.Retry(Duration.ofSeconds(2), null, cause));
        assertThat(three.afterFailure(3, cause, 0)).isEqualTo(new Outcome.Dead(cause));
        assertThat(three.afterFailure(4, cause, 0)).isEqualTo(new Outcome.Dead(cause));
    }

    @Test
    void oneAttemptIsNoneAfterTheFirst() {
        assertThat(RetryPolicy.attempts(1).afterFailure(1, cause, 0)).isInstanceOf(Outcome.Dead.class);
    }

    @Test
    void anExceptionThatSaysNeverIsDeathAtOnceAlsoAsACause() {
        Exception never = new NeverRetryException("no such order");

        assertThat(plain.afterFailure(1, never, 0)).isEqualTo(new Outcome.Dead(never));
        assertThat(plain.afterFailure(1, new RuntimeException(new RuntimeException(never)), 0))
                .isInstanceOf(Outcome.Dead.class);
    }

    @Test
    void aConfiguredExceptionIsDeathAtOnceAlsoAsASubclassAndAsACause() {
        RetryPolicy policy = plain.withNeverRetry(IOException.class).withNeverRetry(ArithmeticException.class);

        assertThat(policy.afterFailure(1, new IOException(), 0)).isInstanceOf(Outcome.Dead.class);
        assertThat(policy.afterFailure(1, new java.io.FileNotFoundException(), 0))
                .isInstanceOf(Outcome.Dead.class);
        assertThat(policy.afterFailure(1, new UncheckedIOException(new IOException()), 0))
                .isInstanceOf(Outcome.Dead.class);
        assertThat(policy.afterFailure(1, new ArithmeticException(), 0)).isInstanceOf(Outcome.Dead.class);
        assertThat(policy.afterFailure(1, new IllegalStateException(), 0)).isInstanceOf(Outcome.Retry.class);
    }

    @Test
    void causesThatFormARingEnd() {
        Exception first = new IllegalStateException("first");
        first.initCause(new IllegalStateException("second", first));

        assertThat(plain.afterFailure(1, first, 0)).isInstanceOf(Outcome.Retry.class);
    }

    @Test
    void anExceptionThatHidesItsCauseIsRetried() {
        Exception hostile = new IllegalStateException("hostile") {
            @Override
            public synchronized Throwable getCause() {
                throw new StackOverflowError("no cause for you");
            }
        };

        assertThat(plain.afterFailure(1, hostile, 0)).isInstanceOf(Outcome.Retry.class);
    }

    @Test
    void anExceptionThatNamesTheTimeReplacesTheDelayAlsoAsACause() {
        Instant at = Instant.parse("2026-08-01T06:00:00Z");

        assertThat(plain.afterFailure(2, new RuntimeException(new RetryAtException("quota", at)), 0))
                .isInstanceOfSatisfying(Outcome.Retry.class, retry -> {
                    assertThat(retry.at()).isEqualTo(at);
                    assertThat(retry.delay()).isEqualTo(Duration.ofSeconds(2));
                });
    }

    @Test
    void namingATimeGivesNoAttemptBeyondTheLast() {
        assertThat(plain.withMaxAttempts(2).afterFailure(2, new RetryAtException("quota", Instant.EPOCH), 0))
                .isInstanceOf(Outcome.Dead.class);
    }

    @Test
    void neverWinsOverANamedTime() {
        Exception both = new RetryAtException("quota", Instant.EPOCH, new NeverRetryException("no such order"));

        assertThat(plain.afterFailure(1, both, 0)).isInstanceOf(Outcome.Dead.class);
    }

    @Test
    void aNamedTimeThatNoDatabaseCanHoldBecomesTheLastItCan() {
        assertThat(plain.afterFailure(1, new RetryAtException("never mind", Instant.MAX), 0))
                .isInstanceOfSatisfying(
                        Outcome.Retry.class,
                        retry -> assertThat(retry.at()).isEqualTo(Instant.parse("9999-12-31T23:59:59.999999Z")));
        assertThat(plain.afterFailure(1, new RetryAtException("at once", Instant.MIN), 0))
                .isInstanceOfSatisfying(
                        Outcome.Retry.class,
                        retry -> assertThat(retry.at()).isEqualTo(Instant.parse("0001-01-01T00:00:00Z")));
    }

    @Test
    void aPolicyIsAValueAndItsChangesAreNewOnes() {
        assertThat(RetryPolicy.attempts(10)).isEqualTo(RetryPolicy.DEFAULTS).hasSameHashCodeAs(RetryPolicy.DEFAULTS);
        assertThat(RetryPolicy.DEFAULTS.withJitter(0.5)).isNotEqualTo(RetryPolicy.DEFAULTS);
        assertThat(RetryPolicy.DEFAULTS.neverRetry()).isEmpty();
        assertThat(RetryPolicy.DEFAULTS.withNeverRetry(IOException.class).neverRetry())
                .containsExactly(IOException.class)
                .isUnmodifiable();
        assertThat(RetryPolicy.DEFAULTS.withNeverRetry(IOException.class).withNeverRetry(IOException.class))
                .isEqualTo(RetryPolicy.DEFAULTS.withNeverRetry(IOException.class));
    }

    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        assertThat(RetryPolicy.DEFAULTS)
                .isEqualTo(new RetryPolicy(10, Duration.ofSeconds(1), 2, Duration.ofMinutes(10), 0.2, Set.of()));
    }

    static Stream<Arguments> badValues() {
        return Stream.of(
                refused(() -> plainPolicy().withMaxAttempts(0), "maxAttempts", "0", "from 1"),
                refused(() -> plainPolicy().withMaxAttempts(-7), "maxAttempts", "-7", "from 1"),
                refused(
                        () -> plainPolicy().withBackoff(Duration.ofMillis(-1), Duration.ofSeconds(1)),
                        "initialDelay",
                        "PT-0.001S",
                        "from PT0S"),
                refused(
                        () -> plainPolicy().withBackoff(Duration.ofSeconds(2), Duration.ofSeconds(1)),
                        "maxDelay",
                        "PT1S",
                        "from the initialDelay PT2S"),
                refused(
                        () -> plainPolicy().withBackoff(Duration.ofSeconds(2), Duration.ofDays(366)),
                        "maxDelay",
                        "PT8784H",
                        "up to 365 days"),
                refused(
                        () -> plainPolicy()
                                .withBackoff(Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(Long.MAX_VALUE)),
                        "maxDelay",
                        "PT2562047788015215H30M7S",
                        "up to 365 days"),
                refused(() -> plainPolicy().withMultiplier(0.99), "multiplier", "0.99", "1 to 1000"),
                refused(() -> plainPolicy().withMultiplier(1_000.5), "multiplier", "1000.5", "1 to 1000"),
                refused(() -> plainPolicy().withMultiplier(Double.NaN), "multiplier", "NaN", "1 to 1000"),
                refused(() -> plainPolicy().withJitter(-0.1), "jitter", "-0.1", "0 to 1"),
                refused(() -> plainPolicy().withJitter(1.01), "jitter", "1.01", "0 to 1"),
                refused(() -> plainPolicy().withJitter(Double.NaN), "jitter", "NaN", "0 to 1"));
    }

    @ParameterizedTest(name = "{1} {2}")
    @MethodSource("badValues")
    void aBadValueNamesItselfTheValueAndTheRange(Runnable change, String name, String value, String range) {
        assertThatThrownBy(change::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(name + " is " + value + ", allowed is " + range);
    }

    private static Arguments refused(Runnable change, String name, String value, String range) {
        return Arguments.of(change, name, value, range);
    }

    private static RetryPolicy plainPolicy() {
        return RetryPolicy.DEFAULTS;
    }

    @Test
    void aPostponementIsNoAttemptHoweverManyThereWere() {
        Throwable wrapped = new IllegalStateException(new PostponeException("away", Duration.ofSeconds(7), cause));

        assertThat(RetryPolicy.attempts(1).afterFailure(1_000, wrapped, 0))
                .isEqualTo(new Outcome.Released("away", Duration.ofSeconds(7)));
    }

    @Test
    void aPostponementWithoutADelayIsRefused() {
        assertThatThrownBy(() -> new PostponeException("away", Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT0S");
    }
}
