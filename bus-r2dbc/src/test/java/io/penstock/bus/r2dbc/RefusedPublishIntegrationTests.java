package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventCodec;
import io.penstock.bus.EventLimits;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What may not be stored never reaches the database; what may, arrives as it is, however hostile it looks. */
class RefusedPublishIntegrationTests {

    private static final String NUL = "a\u0000b";
    private static final String LONE_HIGH = "a\ud83db";
    private static final String LONE_LOW = "a\ude00b";

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private static Stream<Refusal> refusals() {
        return Stream.of(
                refusal("an empty type", raw("", "{}"), "type ''"),
                refusal("a type with a blank", raw("order placed", "{}"), "order placed"),
                refusal("a pattern as type", raw("order.*", "{}"), "order.*"),
                refusal("a type of 201 characters", raw("t".repeat(201), "{}"), "200"),
                refusal("version 0", builder().version(0), "version 0"),
                refusal("an empty key", builder().key(""), "key"),
                refusal("a long key", builder().key("k".repeat(513)), "513"),
                refusal("NUL in the key", builder().key(NUL), "key"),
                refusal("NUL in the source", builder().source(NUL), "source"),
                refusal(
                        "NUL in the aggregate id",
                        builder().aggregate("order", NUL).key("k"),
                        "aggregate id"),
                refusal(
                        "a lone surrogate in the aggregate type",
                        builder().aggregate(LONE_LOW, "1").key("k"),
                        "type"),
                refusal("a lone surrogate in a header", builder().header("h", LONE_HIGH), "header 'h'"),
                refusal("NUL in a header's name", builder().header(NUL, "v"), "header name"),
                refusal("a blank header name", builder().header(" ", "v"), "blank name"),
                refusal("65 headers", builder().headers(headers(65)), "65 headers"),
                refusal("headers of 16 KiB and a byte", builder().header("h", "v".repeat(16 << 10)), "16385"),
                refusal("NUL in the payload", Event.builder("order.placed", NUL), "payload"),
                refusal("a lone surrogate in the payload", Event.builder("order.placed", LONE_HIGH), "payload"),
                refusal("an escaped NUL in raw JSON", raw("order.placed", "\"\\u0000\""), "payload"),
                refusal("an escaped lone surrogate in raw JSON", raw("order.placed", "\"\\ud83d\""), "payload"),
                refusal("no JSON", raw("order.placed", "{"), "not JSON"),
                refusal("an empty text for JSON", raw("order.placed", ""), "not JSON"),
                refusal("a blank text for JSON", raw("order.placed", " \n"), "not JSON"),
                refusal("two JSON values", raw("order.placed", "{} {}"), "not JSON"),
                refusal("JSON after a byte order mark", raw("order.placed", "\ufeff{}"), "not JSON"),
                refusal("a comment in JSON", raw("order.placed", "{} // ok"), "not JSON"),
                refusal("a payload a byte too large", raw("order.placed", sized((1 << 20) + 1)), "1048577"),
                refusal("a far future", builder().occurredAt(Instant.MAX), "occurrence"),
                refusal("a far past", builder().occurredAt(Instant.MIN), "occurrence"),
                refusal("a delivery never", builder().deliverAt(Instant.MAX), "delivery"),
                refusal("an expiry never", builder().expiresAt(Instant.parse("+300000-01-01T00:00:00Z")), "expiry"));
    }

    @Test
    void anEventIsRefusedBeforeAnySqlAndTheCallersTransactionGoesOn() {
        R2dbcEventBus bus = fixture.bus();

        List<Refusal> refusals = refusals().toList();
        assertThat(refusals).allSatisfy(refusal -> {
            Throwable failure = bus.inTransaction(tx -> tx.publish(event("1"))
                            .then(tx.publish(refusal.bad()))
                            .<Throwable>thenReturn(new AssertionError("stored"))
                            .onErrorResume(Mono::just)
                            .flatMap(error -> tx.publish(event("2")).thenReturn(error)))
                    .block(PATIENCE);
            assertThat(failure)
                    .isInstanceOf(InvalidEventException.class)
                    .hasMessageContaining(refusal.bad().id().toString())
                    .hasMessageContaining(refusal.named());
        });
        assertThat(fixture.count("outbox_event")).isEqualTo(2L * refusals.size());
    }

    @Test
    void aPayloadOfExactlyTheLimitIsStoredAlsoWhenItsCharactersTakeSeveralBytes() {
        R2dbcEventBus bus = fixture.bus(options -> options.limits(new EventLimits(1_000, 64, 1_000, 100)));
        String largest = "\"" + "é".repeat(249) + "🚰".repeat(125) + "\"";

        bus.publish(event(largest)).block(PATIENCE);
        Throwable failure = bus.publish(event(largest.replace("\"é", "\"aé")))
                .<Throwable>thenReturn(new AssertionError("stored"))
                .onErrorResume(Mono::just)
                .block(PATIENCE);

        assertThat(failure).isInstanceOf(InvalidEventException.class).hasMessageContaining("1001 bytes");
        assertThat(fixture.<Integer>one(
                        "SELECT octet_length(payload::text) AS n FROM " + fixture.schema() + ".outbox_event",
                        row -> row.get("n", Integer.class)))
                .isEqualTo(1_000);
    }

    @Test
    void theEarliestAndTheLatestTimesAreStoredAsTheyAre() {
        R2dbcEventBus bus = fixture.bus();
        Instant earliest = Instant.parse("0001-01-01T00:00:00Z");
        Instant latest = Instant.parse("9999-12-31T23:59:59.999999Z");

        bus.publish(builder().occurredAt(earliest).expiresAt(latest).build()).block(PATIENCE);

        List<Instant> stored = fixture.one(
                "SELECT occurred_at, expires_at FROM " + fixture.schema() + ".outbox_event",
                row -> List.of(row.get("occurred_at", Instant.class), row.get("expires_at", Instant.class)));
        assertThat(stored).containsExactly(earliest, latest);
    }

    @Test
    void hostileButLegalTextArrivesInEveryColumnAsItWasPublished() {
        R2dbcEventBus bus = fixture.bus();
        List<Event<RawJson>> seen = new CopyOnWriteArrayList<>();
        fixture.subscribe(
                bus, ConsumerSpec.named("audit").on("*").handle(event -> Mono.fromRunnable(() -> seen.add(event))));
        List<Event<String>> hostile = Stream.of(
                        "NULL",
                        "null",
                        "\"",
                        "\\",
                        "\\\"",
                        "'; DROP TABLE outbox_event; --",
                        "{a,b}",
                        "{",
                        "}",
                        ",",
                        "a,b",
                        " padded ",
                        "\t\n\r\u000b",
                        "\u0001\u001f\u007f",
                        "$1 ${schema} %s",
                        "🚰 ключ é \ufeff \u200b \uffff",
                        "\\x00 \\u0000 \\N \\.")
                .map(text -> Event.builder("order.placed", text)
                        .source(text)
                        .aggregate(text, text)
                        .key(text)
                        .header("h" + text, text)
                        .build())
                .toList();

        bus.publishAll(Flux.fromIterable(hostile)).blockLast(PATIENCE);

        awaitThat(() -> seen.size() == hostile.size() && fixture.count("inbox") == 0);
        assertThat(fixture.listener.failures).isEmpty();
        Map<Object, Event<RawJson>> byId = new HashMap<>();
        seen.forEach(event -> byId.put(event.id(), event));
        for (Event<String> event : hostile) {
            Event<String> back = byId.get(event.id())
                    .<String>withPayload(decoded(byId.get(event.id())))
                    .build();
            assertThat(back).usingRecursiveComparison().isEqualTo(event);
        }
    }

    @Test
    void aRefusedEventInAListLeavesTheWholeListUnpublished() {
        R2dbcEventBus bus = fixture.bus();

        Throwable failure = bus.inTransaction(tx -> tx.publishAll(
                                List.of(event("1"), builder().version(0).build()))
                        .<Throwable>thenReturn(new AssertionError("stored"))
                        .onErrorResume(Mono::just))
                .block(PATIENCE);

        assertThat(failure).isInstanceOf(InvalidEventException.class);
        assertThat(fixture.count("outbox_event")).isZero();
    }

    /** The payloads of a batch travel together: what is not one value could come to lie on other events. */
    @ParameterizedTest
    @ValueSource(strings = {"1,2", "{\"a\":1},{\"b\":2}", "1],[2", "", "{", "{} // ok"})
    void whatTheApplicationsCodecGivesIsRefusedUnlessItIsOneJsonValue(String text) {
        R2dbcEventBus bus = fixture.bus(options -> options.codec(giving(text)));
        Event<String> bad = Event.of("order.placed", "bad");
        Event<RawJson> good = event("\"good\"");

        List<PublishResult> results =
                bus.publishAll(Flux.just(good, bad)).collectList().block(PATIENCE);
        Throwable failure = bus.inTransaction(tx -> tx.publishAll(List.of(bad, good))
                        .<Throwable>thenReturn(new AssertionError("stored"))
                        .onErrorResume(Mono::just))
                .block(PATIENCE);

        assertThat(results).extracting(PublishResult::isStored).containsExactly(true, false);
        assertThat(failure)
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContaining(bad.id().toString())
                .hasMessageContaining("not JSON");
        assertThat(fixture.<String>all(
                        "SELECT payload::text AS payload FROM " + fixture.schema() + ".outbox_event",
                        row -> row.get("payload", String.class)))
                .containsExactly("\"good\"");
    }

    private static EventCodec giving(String text) {
        EventCodec jackson = JacksonEventCodec.create();
        return new EventCodec() {

            @Override
            public String encode(Event<?> event) {
                return event.payload() instanceof RawJson raw ? raw.text() : text;
            }

            @Override
            public <T> T decode(Event<RawJson> stored, Class<T> target) {
                return jackson.decode(stored, target);
            }
        };
    }

    private static String decoded(Event<RawJson> event) {
        return JacksonEventCodec.create().decode(event, String.class);
    }

    private static Refusal refusal(String what, Event.Builder<?> bad, String named) {
        return new Refusal(what, bad.build(), named);
    }

    private record Refusal(String what, Event<?> bad, String named) {}

    private static Event.Builder<RawJson> builder() {
        return raw("order.placed", "{}");
    }

    private static Event.Builder<RawJson> raw(String type, String json) {
        return Event.builder(type, new RawJson(json));
    }

    private static Event<RawJson> event(String json) {
        return raw("order.placed", json).build();
    }

    /** A JSON string of so many bytes. */
    private static String sized(int bytes) {
        return "\"" + "x".repeat(bytes - 2) + "\"";
    }

    private static Map<String, String> headers(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toMap(i -> "h" + i, i -> "v"));
    }
}
