package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.OnDead;
import io.penstock.bus.RawJson;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** Payloads on their way to a handler: those that cannot be read hold up no more than they have to. */
class DecodingIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Keyed.Log log = new Keyed.Log();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anUndecodablePayloadIsDeadAtOnceAndOthersFlow(boolean transactional) {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                transactional
                        ? each().transactional(Connection.class, (event, connection) -> record(event))
                        : each().handle(this::record));
        Event<RawJson> spoilt = spoilt("a");

        bus.publishAll(Flux.just(Keyed.event("a", 0), spoilt, Keyed.event("a", 1)))
                .then()
                .block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)) && fixture.listener.dead.size() == 1);
        assertThat(log.of("a")).containsExactlyInAnyOrder(0, 1);
        assertThat(fixture.listener.dead.get(0)).satisfies(letter -> {
            assertThat(letter.event().id()).isEqualTo(spoilt.id());
            assertThat(letter.attempts()).isZero();
            assertThat(letter.error()).contains("PayloadDecodingException", "is not a " + Keyed.class.getName());
        });
        assertThat(fixture.listener.retries).isEmpty();
    }

    @Test
    void anUndecodablePayloadParksItsKeyOnly() {
        publishSpoiltBetween(each().ordered().handle(this::record));

        awaitThat(() -> fixture.inbox("c").equals(Map.of(2, 2L, 3, 1L)));
        assertThat(log.of("a")).containsExactly(0);
        assertThat(log.of("b")).containsExactly(0, 1);
    }

    @Test
    void anUndecodablePayloadIsSkippedWhereThePolicySaysSo() {
        publishSpoiltBetween(each().ordered().onDead(OnDead.SKIP).handle(this::record));

        awaitThat(() -> fixture.inbox("c").equals(Map.of(3, 1L)));
        assertThat(log.of("a")).containsExactly(0, 1, 2);
        assertThat(log.of("b")).containsExactly(0, 1);
    }

    @Test
    void anUndecodablePayloadInABatchParksWhatFollowsItInTheSameBatch() {
        publishSpoiltBetween(each().ordered()
                .handleBatch(events ->
                        Flux.fromIterable(events).concatMap(this::record).then()));

        awaitThat(() ->
                fixture.inbox("c").equals(Map.of(2, 2L, 3, 1L)) || log.of("a").size() > 1);
        assertThat(log.of("a")).containsExactly(0);
        assertThat(log.of("b")).containsExactly(0, 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anEventOfATypeWithoutHandlerHereIsPutOffAndDeliveredOnceOneKnowsIt(boolean transactional) {
        R2dbcEventBus bus = fixture.bus();
        RunningConsumer both =
                fixture.subscribe(bus, each().on("thing.new", Keyed.class).handle(this::record));
        both.unsubscribe().block(PATIENCE);
        RunningConsumer old = fixture.subscribe(
                bus,
                transactional
                        ? each().transactional(Connection.class, (event, connection) -> record(event))
                        : each().handle(this::record));

        bus.publishAll(Flux.just(Event.of("thing.new", new Keyed("new", 0)), Keyed.event("a", 0)))
                .then()
                .block(PATIENCE);

        awaitThat(() -> fixture.inbox("c").equals(Map.of(1, 1L)) && log.of("a").size() == 1);
        assertThat(fixture.listener.released)
                .extracting(released -> released.reason())
                .containsExactly("no handler for its type here");
        assertThat(fixture.count("inbox WHERE attempts = 0")).isEqualTo(1);
        old.unsubscribe().block(PATIENCE);
        fixture.execute("UPDATE %s.inbox SET due_at = now()".formatted(fixture.schema()));
        fixture.subscribe(bus, each().on("thing.new", Keyed.class).handle(this::record));
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.of("new")).containsExactly(0);
    }

    @Test
    void oldVersionsAreLiftedAndARawViewShowsWhatWasPublished() {
        JacksonEventCodec codec = JacksonEventCodec.builder()
                .upcaster(
                        Keyed.TYPE,
                        1,
                        json -> ((ObjectNode) json)
                                .put("place", json.get("position").asInt())
                                .without("position"))
                .upcaster(
                        Keyed.TYPE,
                        2,
                        json -> ((ObjectNode) json).put("key", json.get("key").asString() + "!"))
                .build();
        R2dbcEventBus bus = fixture.bus(options -> options.codec(codec));
        List<String> raw = new CopyOnWriteArrayList<>();
        fixture.subscribe(bus, each().handle(this::record));
        fixture.subscribe(
                bus,
                ConsumerSpec.named("raw")
                        .on("*")
                        .handle(event ->
                                Mono.fromRunnable(() -> raw.add(event.payload().text()))));
        String text = "{ \"position\" : 7.0, \"key\":\"a\" }";

        bus.publishAll(Flux.just(
                        Event.builder(Keyed.TYPE, new RawJson(text)).build(),
                        Event.builder(Keyed.TYPE, new Keyed("b", 8)).version(2).build(),
                        Event.builder(Keyed.TYPE, new Keyed("c", 9)).version(3).build()))
                .then()
                .block(PATIENCE);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(log.places.keySet()).containsExactlyInAnyOrder("a!", "b!", "c");
        assertThat(log.of("a!")).containsExactly(7);
        assertThat(raw).hasSize(3).contains(text);
    }

    /** a0, a spoilt one, a1, a2, and two of another key, in one transaction, so that they are claimed together. */
    private void publishSpoiltBetween(ConsumerSpec<Keyed> spec) {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, spec);
        bus.inTransaction(tx -> Flux.<Event<?>>just(
                                Keyed.event("a", 0),
                                Keyed.event("b", 0),
                                spoilt("a"),
                                Keyed.event("a", 1),
                                Keyed.event("a", 2),
                                Keyed.event("b", 1))
                        .concatMap(tx::publish)
                        .then())
                .block(PATIENCE);
    }

    private static Event<RawJson> spoilt(String key) {
        return Event.builder(Keyed.TYPE, new RawJson("{\"place\": \"nowhere\"}"))
                .key(key)
                .build();
    }

    private Mono<Void> record(Event<Keyed> event) {
        return Mono.fromRunnable(() -> log.add(event.payload()));
    }

    private static ConsumerSpec.Builder<Keyed> each() {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class);
    }
}
