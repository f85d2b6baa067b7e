package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Event;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Events that come later, and events that come too late, by the database's clock. */
class DelayAndExpiryIntegrationTests {

    private static final Duration HOUR = Duration.ofHours(1);

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Keyed.Log log = new Keyed.Log();
    private final List<Instant> handledAt = new CopyOnWriteArrayList<>();

    @Test
    void aDelayedEventIsDeliveredByItsTimerAndNotBeforeItsTime() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus, each().handle(event -> clock().doOnNext(handledAt::add).then(record(event))));
        Instant at = clock().block(PATIENCE).plusMillis(400);

        bus.publishAll(Flux.just(Keyed.builder("a", 0).deliverAt(at).build(), Keyed.event("b", 0)))
                .then()
                .block(PATIENCE);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(handledAt).hasSize(2);
        assertThat(handledAt.get(0)).as("the other one does not wait").isBefore(handledAt.get(1));
        assertThat(handledAt.get(1)).isAfterOrEqualTo(at);
        assertThat(fixture.listener.due).hasValue(1);
    }

    @Test
    void aDelayedEventIsDeliveredAfterARestart() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, each().handle(this::record));
        bus.publish(Keyed.builder("a", 0).deliverAt(Instant.now().plus(HOUR)).build())
                .block(PATIENCE);
        bus.close().block(PATIENCE);
        assertThat(log.of("a")).isEmpty();
        fixture.execute(
                "UPDATE %s.inbox SET due_at = clock_timestamp() + interval '1 second'".formatted(fixture.schema()));

        fixture.subscribe(fixture.bus(), each().handle(this::record));

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("a")).containsExactly(0);
    }

    @Test
    void aDelayedEventDoesNotHoldItsKey() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, each().ordered().handle(this::record));

        bus.publishAll(Flux.concat(
                        Flux.just(Keyed.builder("a", 0)
                                .deliverAt(Instant.now().plus(HOUR))
                                .build()),
                        Flux.fromStream(Keyed.events("a", 1, 3))))
                .then()
                .block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(1, 1L)));
        assertThat(log.of("a")).containsExactly(1, 2, 3);
    }

    @Test
    void anExpiredEventIsADeadLetterWithoutAnAttemptAndIsCounted() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, each().handle(this::record));
        Event<Keyed> event =
                Keyed.builder("a", 0).expiresAt(Instant.now().minusSeconds(1)).build();

        bus.publishAll(Flux.just(
                        event,
                        Keyed.builder("a", 1)
                                .expiresAt(Instant.now().plus(HOUR))
                                .build()))
                .then()
                .block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(log.of("a")).containsExactly(1);
        assertThat(fixture.stats(bus, "c").dead()).isEqualTo(1);
        DeadLetter letter = bus.deadLetters().get("c", event.id()).block(PATIENCE);
        assertThat(letter.attempts()).isZero();
        assertThat(letter.error()).contains("EventExpiredException", event.id().toString());
    }

    @Test
    void anEventThatExpiresInMemoryBehindASlowHandlerIsNotDelivered() {
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> goOn = Sinks.empty();
        fixture.subscribe(
                bus,
                each().concurrency(1)
                        .handle(event ->
                                event.payload().place() == 0 ? goOn.asMono().then(record(event)) : record(event)));
        Instant expiry = clock().block(PATIENCE).plusMillis(1_500);
        bus.publishAll(Flux.just(
                        Keyed.event("a", 0),
                        Keyed.builder("a", 1).expiresAt(expiry).build()))
                .then()
                .block(PATIENCE);
        awaitThat(() -> fixture.stats(bus, "c").inFlight() == 2);

        awaitThat(() -> clock().block(PATIENCE).isAfter(expiry));
        goOn.tryEmitEmpty();

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)) || log.of("a").size() == 2);
        assertThat(log.of("a")).containsExactly(0);
    }

    @Test
    void anEventThatExpiresWhileItWaitsForARetryIsNotRunAgain() {
        R2dbcEventBus bus = fixture.bus(options -> options.pollInterval(Duration.ofMillis(20)));
        fixture.subscribe(
                bus,
                each().retry(RetryPolicy.DEFAULTS.withBackoff(HOUR, HOUR))
                        .handle(event -> record(event).then(Mono.error(new IllegalStateException("no")))));
        bus.publish(Keyed.builder("a", 0).expiresAt(Instant.now().plus(HOUR)).build())
                .block(PATIENCE);
        awaitThat(() -> fixture.inbox("c").equals(Map.of(1, 1L)));

        expire();
        fixture.execute("UPDATE %s.inbox SET due_at = now()".formatted(fixture.schema()));

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(log.of("a")).hasSize(1);
        assertThat(fixture.count("inbox WHERE attempts = 1 AND last_error LIKE '%EventExpiredException%'"))
                .isEqualTo(1);
    }

    @Test
    void anEventThatExpiresWhileItIsParkedDiesWhenItsTurnComes() {
        R2dbcEventBus bus = fixture.bus();
        Event<Keyed> head = Keyed.event("a", 0);
        fixture.subscribe(
                bus,
                each().ordered()
                        .retry(RetryPolicy.attempts(1))
                        .handle(event -> event.payload().place() == 0
                                ? Mono.error(new IllegalStateException("no"))
                                : record(event)));
        bus.publishAll(Flux.just(
                        head,
                        Keyed.builder("a", 1)
                                .expiresAt(Instant.now().plus(HOUR))
                                .build()))
                .then()
                .block(PATIENCE);
        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 1L, 3, 1L)));

        expire();
        bus.deadLetters().discard("c", head.id()).block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(log.of("a")).isEmpty();
        assertThat(fixture.count("inbox WHERE attempts = 0 AND last_error LIKE '%EventExpiredException%'"))
                .isEqualTo(1);
    }

    private void expire() {
        fixture.execute(
                "UPDATE %s.outbox_event SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL"
                        .formatted(fixture.schema()));
    }

    private Mono<Instant> clock() {
        return Mono.usingWhen(
                fixture.application.create(),
                connection -> Database.rows(
                                connection,
                                "SELECT clock_timestamp() AS t",
                                statement -> {},
                                row -> row.get("t", Instant.class))
                        .single(),
                connection -> connection.close());
    }

    private Mono<Void> record(Event<Keyed> event) {
        return Mono.fromRunnable(() -> log.add(event.payload()));
    }

    private static ConsumerSpec.Builder<Keyed> each() {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class);
    }
}
