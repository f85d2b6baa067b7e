package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Event;
import io.penstock.bus.NeverRetryException;
import io.penstock.bus.RawJson;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What one node publishes another one hears of, with the poll an hour away. */
class CrossNodeSignalIntegrationTests {

    private static final int EVENTS = 40;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final ConnectionPool otherApplication = TestServer.pool(5);
    private final RecordingListener there = new RecordingListener();
    private final Set<UUID> handledHere = ConcurrentHashMap.newKeySet();
    private final Set<UUID> handledThere = ConcurrentHashMap.newKeySet();

    @AfterEach
    void closePool() {
        otherApplication.disposeLater().block(PATIENCE);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsPublishedHereIsDeliveredByWhoOwnsItsPartition(Door door) {
        R2dbcEventBus here = fixture.bus(options -> options.lease(Duration.ofSeconds(3)));
        R2dbcEventBus other = other(Duration.ofSeconds(3));
        fixture.subscribe(here, recording(handledHere));
        other.subscribe(recording(handledThere)).block(PATIENCE);
        awaitThat(() -> there.listening.get() == 1 && there.leased.get() == 16);

        door.publish(fixture, here, events(EVENTS)).block(PATIENCE);

        awaitThat(() -> handledHere.size() + handledThere.size() == EVENTS);
        assertThat(handledHere).isNotEmpty();
        assertThat(handledThere).isNotEmpty();
    }

    @Test
    void aDeadLetterRedrivenHereLivesAgainThere() {
        R2dbcEventBus here = fixture.bus();
        Set<UUID> failed = ConcurrentHashMap.newKeySet();
        subscribeThere(event -> failed.add(event.id())
                ? Mono.error(new NeverRetryException("the first time"))
                : Mono.fromRunnable(() -> handledThere.add(event.id())));
        here.publish(event(1)).block(PATIENCE);
        awaitThat(() -> fixture.listener.dead.size() + there.dead.size() == 1);

        here.deadLetters().redrive(DeadLetterFilter.of("c")).block(PATIENCE);

        awaitThat(() -> handledThere.size() == 1);
    }

    @Test
    void aDeadLetterDiscardedHereLetsItsKeyGoOnThere() {
        R2dbcEventBus here = fixture.bus();
        List<Event<?>> events = List.of(event(1), event(1));
        UUID first = events.get(0).id();
        subscribeThere(event -> event.id().equals(first)
                ? Mono.error(new NeverRetryException("always"))
                : Mono.fromRunnable(() -> handledThere.add(event.id())));
        here.publishAll(Flux.fromIterable(events)).blockLast(PATIENCE);
        awaitThat(() -> there.dead.size() == 1 && there.parked.get() == 1);

        here.deadLetters().discard("c", first).block(PATIENCE);

        awaitThat(() -> handledThere.size() == 1);
    }

    @Test
    void aPublisherThatNeverStartedSignalsBeforeItIsClosed() {
        R2dbcEventBus other = other(Duration.ofSeconds(15));
        for (String type : List.of("first", "last")) {
            fixture.subscribe(
                    other,
                    ConsumerSpec.named(type)
                            .on(type)
                            .handle(event -> Mono.fromRunnable(() -> handledThere.add(event.id()))));
        }
        awaitThat(() -> there.listening.get() == 1 && there.leased.get() == 64);
        R2dbcEventBus brief =
                R2dbcEventBus.create(fixture.application, fixture.options().build());

        // What the first one sends is on its way when the last one's consumer is to be told.
        brief.publish(Event.of("first", new RawJson("{}")))
                .then(brief.publish(Event.of("last", new RawJson("{}"))))
                .then(brief.close())
                .block(PATIENCE);

        awaitThat(() -> handledThere.size() == 2);
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void whatOthersSayOnTheChannelHarmsNothing(String payload) {
        R2dbcEventBus here = fixture.bus();
        subscribeThere(event -> Mono.fromRunnable(() -> handledThere.add(event.id())));

        fixture.execute("NOTIFY %s, '%s'".formatted(fixture.channel(), payload));
        here.publish(event(1)).block(PATIENCE);

        awaitThat(() -> handledThere.size() == 1);
        assertThat(there.notListening).isEmpty();
        assertThat(there.failures).isEmpty();
    }

    static List<String> foreign() {
        String node = "1 " + UUID.randomUUID();
        return List.of(
                "",
                "hello",
                "2 something newer",
                node + " 1:-1:-1",
                node + " 1:0:0 30000:0:0 -1:0:0",
                node + " 1:9223372036854775806:9223372036854775806",
                node + " 1:" + "9".repeat(7_000) + ":-",
                "1 " + " ".repeat(7_900),
                "\u0438\u043c\u044f \uD83D\uDE00");
    }

    @Test
    void withNotificationsOffThePollDeliversAndNobodyListensOrTells() {
        R2dbcEventBus here = fixture.bus(options -> options.notifications(false));
        R2dbcEventBus other = fixture.bus(
                otherApplication,
                fixture.options()
                        .notifications(false)
                        .pollInterval(Duration.ofMillis(50))
                        .build());
        try (Overheard overheard = new Overheard(fixture.channel())) {
            fixture.subscribe(other, recording(handledThere));

            Door.IN_TRANSACTION.publish(fixture, here, events(EVENTS)).block(PATIENCE);

            awaitThat(() -> handledThere.size() == EVENTS);
            assertThat(fixture.listeners()).isEmpty();
            here.close().block(PATIENCE);
            assertThat(overheard.payloads()).isEmpty();
        }
    }

    @Test
    void aNodeListensOnOneConnectionFromItsFirstConsumerUntilItIsClosed() {
        R2dbcEventBus here = fixture.bus();
        here.publish(event(1)).block(PATIENCE);
        assertThat(fixture.listeners()).isEmpty();

        for (String name : List.of("a", "b", "c")) {
            fixture.subscribe(here, ConsumerSpec.named(name).on("*").handle(event -> Mono.empty()));
        }
        awaitThat(() -> fixture.listener.listening.get() == 1);
        assertThat(fixture.listeners()).hasSize(1);

        here.close().block(PATIENCE);
        awaitThat(() -> fixture.listeners().isEmpty());
        assertThat(fixture.listener.notListening).isEmpty();
    }

    private R2dbcEventBus other(Duration lease) {
        return fixture.bus(
                otherApplication, fixture.options().lease(lease).listener(there).build());
    }

    /** Only the other node runs the consumer, and hears of everything. */
    private void subscribeThere(Function<Event<RawJson>, Mono<Void>> handler) {
        fixture.subscribe(
                other(Duration.ofSeconds(15)),
                ConsumerSpec.named("c").on("*").ordered().handle(handler));
        awaitThat(() -> there.listening.get() == 1);
    }

    private static ConsumerSpec<RawJson> recording(Set<UUID> handled) {
        return ConsumerSpec.named("c").on("*").handle(event -> Mono.fromRunnable(() -> handled.add(event.id())));
    }

    private static List<Event<?>> events(int count) {
        return IntStream.range(0, count)
                .<Event<?>>mapToObj(CrossNodeSignalIntegrationTests::event)
                .toList();
    }

    private static Event<RawJson> event(int key) {
        return Event.builder("order.placed", new RawJson("{}")).key("k" + key).build();
    }

    /** The ways in which an event is published. */
    enum Door {
        PUBLISH {
            @Override
            Mono<Void> publish(BusFixture fixture, R2dbcEventBus bus, List<Event<?>> events) {
                return Flux.fromIterable(events).flatMap(bus::publish).then();
            }
        },
        PUBLISH_ALL {
            @Override
            Mono<Void> publish(BusFixture fixture, R2dbcEventBus bus, List<Event<?>> events) {
                return bus.publishAll(Flux.fromIterable(events)).then();
            }
        },
        IN_TRANSACTION {
            @Override
            Mono<Void> publish(BusFixture fixture, R2dbcEventBus bus, List<Event<?>> events) {
                return bus.inTransaction(tx -> tx.publishAll(events));
            }
        },
        COMMITTED_BY_THE_CALLER {
            @Override
            Mono<Void> publish(BusFixture fixture, R2dbcEventBus bus, List<Event<?>> events) {
                return Mono.usingWhen(
                                fixture.application.create(),
                                connection -> Mono.from(connection.beginTransaction())
                                        .then(bus.publishAll(connection, events))
                                        .delayUntil(publication -> connection.commitTransaction()),
                                Connection::close)
                        .doOnNext(Publication::committed)
                        .then();
            }
        },
        DELAYED {
            @Override
            Mono<Void> publish(BusFixture fixture, R2dbcEventBus bus, List<Event<?>> events) {
                Instant soon = Instant.now().plusMillis(500);
                return Flux.fromIterable(events)
                        .flatMap(event -> bus.publish(Event.builder("order.placed", new RawJson("{}"))
                                .key(event.key())
                                .deliverAt(soon)
                                .build()))
                        .then();
            }
        };

        abstract Mono<Void> publish(BusFixture fixture, R2dbcEventBus bus, List<Event<?>> events);
    }
}
