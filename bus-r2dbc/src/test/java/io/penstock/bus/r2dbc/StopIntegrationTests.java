package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.PublishRejectedException;
import io.penstock.bus.RawJson;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** A bus that stops finishes what it began, gives back the rest, and does not wait for ever. */
class StopIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void runningHandlersFinishAndAreRecordedAndTheRestIsReleased() {
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> gate = Sinks.empty();
        AtomicInteger ended = new AtomicInteger();
        fixture.subscribe(bus, consumer(event -> gate.asMono().doOnSuccess(done -> ended.incrementAndGet())));
        publish(bus, 20);
        awaitThat(() -> fixture.listener.started.get() == 4);

        Mono<Void> closing = bus.close().cache();
        Disposable running = closing.subscribe();
        awaitThat(() -> !takesWork(bus));
        assertThat(running.isDisposed()).isFalse();
        gate.tryEmitEmpty();
        closing.block(PATIENCE);

        assertThat(ended).hasValue(4);
        assertThat(fixture.listener.started).hasValue(4);
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(0, 16L));
        assertThat(fixture.leased("c")).isZero();
        assertThat(fixture.count("node")).isZero();
        assertThat(fixture.count("partition_lease WHERE suspect")).isZero();
    }

    @Test
    void aHandlerLongerThanTheGraceIsCancelledAndItsEventRunsOnTheNextBus() {
        R2dbcEventBus bus = fixture.bus(options -> options.grace(Duration.ofMillis(100)));
        Sinks.Empty<Void> cancelled = Sinks.empty();
        fixture.subscribe(bus, consumer(event -> Mono.<Void>never().doOnCancel(cancelled::tryEmitEmpty)));
        publish(bus, 1);
        awaitThat(() -> fixture.listener.started.get() == 1);

        bus.close().block(PATIENCE);

        cancelled.asMono().block(PATIENCE);
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(0, 1L));
        AtomicInteger second = new AtomicInteger();
        fixture.subscribe(fixture.bus(), consumer(event -> Mono.fromRunnable(second::incrementAndGet)));
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(second).hasValue(1);
    }

    @Test
    void aHandlerThatBlocksPastTheGraceAndThenEndsAsIfAllWereWellLeavesItsEventOwed() {
        R2dbcEventBus bus = fixture.bus(options -> options.grace(Duration.ofMillis(100)));
        CountDownLatch interrupted = new CountDownLatch(1);
        fixture.subscribe(bus, consumer(event -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException ignored) {
                interrupted.countDown();
            }
            return Mono.empty();
        }));
        publish(bus, 1);
        awaitThat(() -> fixture.listener.started.get() == 1);

        bus.close().block(PATIENCE);

        awaitThat(() -> interrupted.getCount() == 0);
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(0, 1L));
        assertThat(fixture.listener.completed).hasValue(0);
    }

    @Test
    void aSecondBusTakesOverAtOnce() {
        // A lease of an hour: whoever waited for it to expire would wait in vain.
        R2dbcEventBus first = fixture.bus(options -> options.lease(Duration.ofHours(1)));
        fixture.subscribe(first, consumer(event -> Mono.empty()));
        first.close().block(PATIENCE);

        R2dbcEventBus second = fixture.bus(options -> options.lease(Duration.ofHours(1)));
        AtomicInteger handled = new AtomicInteger();
        fixture.subscribe(second, consumer(event -> Mono.fromRunnable(handled::incrementAndGet)));
        publish(second, 10);

        awaitThat(() -> handled.get() == 10 && fixture.count("inbox") == 0);
        assertThat(fixture.count("node")).isEqualTo(1);
    }

    @Test
    void nothingIsLostAndNothingRunsTwiceOverRestartsUnderLoad() {
        int events = 3_000;
        Map<UUID, AtomicInteger> runs = new ConcurrentHashMap<>();
        ConsumerSpec<?> spec = consumer(event -> Mono.delay(Duration.ofMillis(1))
                .doOnNext(tick -> runs.computeIfAbsent(event.id(), id -> new AtomicInteger())
                        .incrementAndGet())
                .then());
        R2dbcEventBus publisher = fixture.bus();
        fixture.subscribe(publisher, spec).unsubscribe().block(PATIENCE);
        Disposable publishing = publisher
                .publishAll(BusFixture.range(events, i -> Event.of("order.placed", Map.of("i", i))))
                .subscribe();

        for (int restart = 1; restart <= 5; restart++) {
            int enough = restart * events / 8;
            R2dbcEventBus bus = fixture.bus(options -> options.pollInterval(Duration.ofMillis(50)));
            fixture.subscribe(bus, spec);
            awaitThat(() -> runs.size() >= enough);
            bus.close().block(PATIENCE);
        }
        fixture.subscribe(fixture.bus(options -> options.pollInterval(Duration.ofMillis(50))), spec);

        awaitThat(() -> publishing.isDisposed() && fixture.count("inbox") == 0);
        assertThat(runs).hasSize(events);
        assertThat(runs.values()).allSatisfy(count -> assertThat(count).hasValue(1));
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void closingTwiceWaitsForTheSameEndAndAClosedBusRefusesWork() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, consumer(event -> Mono.empty()));

        Mono.when(bus.close(), bus.close()).block(PATIENCE);
        bus.close().block(PATIENCE);

        StepVerifier.create(bus.publish(Event.of("order.placed", Map.of())))
                .expectError(PublishRejectedException.class)
                .verify(PATIENCE);
        StepVerifier.create(bus.subscribe(consumer(event -> Mono.empty())))
                .expectErrorMessage("Consumer 'c' cannot start: the bus is closed")
                .verify(PATIENCE);
    }

    @Test
    void aBusThatWasNeverStartedCloses() {
        R2dbcEventBus.create(fixture.application, fixture.options().build())
                .close()
                .block(PATIENCE);
    }

    @Test
    void closingWithTheDatabaseGoneEndsAndLeavesNothingRunning() {
        String database = fixture.schema();
        fixture.execute("CREATE DATABASE " + database);
        R2dbcEventBus bus = R2dbcEventBus.create(
                connectionsTo(database, TestServer.port()),
                fixture.options()
                        .grace(Duration.ofMillis(300))
                        .lease(Duration.ofSeconds(1))
                        .build());
        try {
            bus.start().block(PATIENCE);
            Sinks.Empty<Void> gate = Sinks.empty();
            bus.subscribe(consumer(event -> gate.asMono())).block(PATIENCE);
            bus.subscribe(ConsumerSpec.named("other").on("*").handle(event -> gate.asMono()))
                    .block(PATIENCE);
            publish(bus, 3);
            awaitThat(() -> fixture.listener.started.get() == 6);
            fixture.execute("DROP DATABASE " + database + " WITH (FORCE)");
            gate.tryEmitEmpty();
            awaitThat(() -> !fixture.listener.failures.isEmpty());
        } finally {
            bus.close().block(PATIENCE);
        }

        // A settlement or a beat that went on would fail again and again, at first after less than a second.
        int failures = fixture.listener.failures.size();
        Mono.delay(Duration.ofSeconds(2)).block();
        assertThat(fixture.listener.failures).hasSize(failures);
    }

    @Test
    void closingWithADatabaseThatNoLongerAnswersEnds() throws IOException {
        try (MutableServer server = new MutableServer(TestServer.port())) {
            R2dbcEventBus bus = R2dbcEventBus.create(
                    connectionsTo("postgres", server.port()),
                    fixture.options().grace(Duration.ofMillis(300)).build());
            bus.start().block(PATIENCE);
            Sinks.Empty<Void> gate = Sinks.empty();
            fixture.subscribe(bus, consumer(event -> gate.asMono()));
            publish(bus, 3);
            awaitThat(() -> fixture.listener.started.get() == 3);

            server.mute();
            gate.tryEmitEmpty();

            bus.close().block(PATIENCE);
        }
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(0, 3L));
    }

    private static ConsumerSpec<RawJson> consumer(Function<Event<RawJson>, Mono<Void>> handler) {
        return ConsumerSpec.named("c").on("*").concurrency(4).handle(handler);
    }

    private static void publish(R2dbcEventBus bus, int events) {
        bus.publishAll(BusFixture.range(events, i -> Event.of("order.placed", Map.of("i", i))))
                .blockLast(PATIENCE);
    }

    private static boolean takesWork(R2dbcEventBus bus) {
        return bus.subscribe(consumer(event -> Mono.empty()))
                .map(started -> true)
                .onErrorResume(
                        error -> Mono.just(!String.valueOf(error.getMessage()).contains("is closed")))
                .block(PATIENCE);
    }

    private static PostgresqlConnectionFactory connectionsTo(String database, int port) {
        return new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host("localhost")
                .port(port)
                .username("postgres")
                .password("postgres")
                .database(database)
                .build());
    }
}
