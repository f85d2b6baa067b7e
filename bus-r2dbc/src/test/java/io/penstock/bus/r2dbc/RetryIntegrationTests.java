package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.NeverRetryException;
import io.penstock.bus.RetryAtException;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Retries by the database's clock, with every attempt counted. Where the poll is an hour, their timer wakes them. */
class RetryIntegrationTests {

    private static final Duration MILLI = Duration.ofMillis(1);

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final List<Integer> attempts = new CopyOnWriteArrayList<>();

    @Test
    void threeAttemptsMeanThreeRuns() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                each(RetryPolicy.attempts(3).withBackoff(MILLI, MILLI))
                        .handle(event -> run(new IllegalStateException("no"))));

        bus.publish(Keyed.event("a", 0)).block(PATIENCE);

        awaitThat(() -> fixture.listener.dead.size() == 1);
        assertThat(attempts).containsExactly(1, 2, 3);
        assertThat(fixture.listener.retries).hasSize(2);
        assertThat(fixture.count("inbox WHERE state = 3 AND attempts = 3")).isEqualTo(1);
    }

    @Test
    void threeAttemptsMeanThreeRunsAlsoWhenTheFirstOneWasInABatch() {
        R2dbcEventBus bus = fixture.bus();
        AtomicInteger runsOfPoison = new AtomicInteger();
        fixture.subscribe(
                bus,
                each(RetryPolicy.attempts(3).withBackoff(MILLI, MILLI))
                        .handleBatch(events -> Mono.fromRunnable(() -> {
                            if (events.stream()
                                    .anyMatch(event -> event.payload().place() == 3)) {
                                runsOfPoison.incrementAndGet();
                                throw new IllegalStateException("one of " + events.size());
                            }
                        })));

        bus.inTransaction(tx -> Flux.fromStream(Keyed.events("a", 0, 9))
                        .concatMap(tx::publish)
                        .then())
                .block(PATIENCE);

        awaitThat(() -> fixture.listener.dead.size() == 1 && fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(runsOfPoison).hasValue(3);
        assertThat(fixture.listener.dead).singleElement().satisfies(letter -> {
            assertThat(letter.attempts()).isEqualTo(3);
            assertThat(letter.error()).contains("one of 1");
        });
    }

    @Test
    void eachRetryIsScheduledWithinThePolicysBoundsByTheDatabasesClock() {
        R2dbcEventBus bus = fixture.bus(options -> options.pollInterval(Duration.ofMillis(20)));
        RetryPolicy policy = new RetryPolicy(10, Duration.ofSeconds(100), 3, Duration.ofSeconds(1_000), 0.5, Set.of());
        fixture.subscribe(bus, each(policy).handle(event -> run(new IllegalStateException("no"))));
        bus.publish(Keyed.event("a", 0)).block(PATIENCE);

        for (int attempt = 1; attempt <= 5; attempt++) {
            int failed = attempt;
            awaitThat(() -> fixture.count("inbox WHERE state = 1 AND attempts = " + failed) == 1);
            double wait = fixture.one(
                    "SELECT extract(epoch FROM due_at - failed_at)::float8 FROM " + fixture.schema() + ".inbox",
                    row -> row.get(0, Double.class));
            double uncapped = Math.min(1_000, 100 * Math.pow(3, attempt - 1.0));
            assertThat(wait).isBetween(uncapped * 0.5 - 0.01, uncapped + 0.01);
            fixture.execute("UPDATE " + fixture.schema() + ".inbox SET due_at = now() WHERE state = 1");
        }
        awaitThat(() -> attempts.size() == 6);
        assertThat(attempts).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void anExceptionThatSaysNeverMakesADeadLetterAtOnce() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                each(RetryPolicy.DEFAULTS.withNeverRetry(UnsupportedOperationException.class))
                        .handle(event -> run(
                                event.payload().place() == 0
                                        ? new RuntimeException(new UnsupportedOperationException("by the policy"))
                                        : new NeverRetryException("by itself"))));

        bus.publishAll(Flux.fromStream(Keyed.events("a", 0, 1))).then().block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 2L)));
        assertThat(attempts).containsExactly(1, 1);
    }

    @Test
    void anExceptionThatNamesAnInstantIsRetriedThen() {
        R2dbcEventBus bus = fixture.bus();
        Instant at = Instant.parse("2200-01-01T00:00:00Z");
        fixture.subscribe(
                bus,
                each(RetryPolicy.DEFAULTS)
                        .handle(event -> run(new IllegalStateException(new RetryAtException("closed", at)))));

        bus.publish(Keyed.event("a", 0)).block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(1, 1L)));
        assertThat(fixture.count("inbox WHERE due_at = '" + at + "'")).isEqualTo(1);
    }

    @Test
    void anExceptionThatThrowsWhenAskedForItsCauseIsAFailedAttempt() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus, each(RetryPolicy.attempts(2).withBackoff(MILLI, MILLI)).handle(event -> run(new Bottomless())));

        bus.publish(Keyed.event("a", 0)).block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(attempts).containsExactly(1, 2);
    }

    @Test
    void aSettlementWithStaleAttemptsChangesNothing() {
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> goOn = Sinks.empty();
        Sinks.Empty<Void> neverEnds = Sinks.empty();
        fixture.subscribe(
                bus,
                each(RetryPolicy.DEFAULTS)
                        .handle(event -> Delivery.current().flatMap(delivery -> {
                            attempts.add(delivery.attempt());
                            return attempts.size() == 1
                                    ? goOn.asMono().then(Mono.error(new IllegalStateException("stale")))
                                    : neverEnds.asMono();
                        })));
        bus.publish(Keyed.event("a", 0)).block(PATIENCE);
        awaitThat(() -> attempts.size() == 1);

        // As if another node had counted four attempts in the meantime.
        fixture.execute("UPDATE " + fixture.schema() + ".inbox SET attempts = 4");
        goOn.tryEmitEmpty();

        awaitThat(() -> attempts.size() == 2);
        assertThat(attempts).containsExactly(1, 5);
        assertThat(fixture.count("inbox WHERE state = 0 AND attempts = 4 AND last_error IS NULL AND due_at IS NULL"))
                .isEqualTo(1);
        neverEnds.tryEmitEmpty();
    }

    private Mono<Void> run(Throwable error) {
        return Delivery.current().flatMap(delivery -> {
            attempts.add(delivery.attempt());
            return Mono.error(error);
        });
    }

    private static ConsumerSpec.Builder<Keyed> each(RetryPolicy retry) {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class).retry(retry);
    }

    private static final class Bottomless extends RuntimeException {
        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("no cause");
        }
    }
}
