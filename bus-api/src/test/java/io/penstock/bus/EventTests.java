package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EventTests {

    @EventType(value = "order.placed", version = 3)
    record OrderPlaced(String orderId, String card) {}

    private static final OrderPlaced PAYLOAD = new OrderPlaced("A-1", "4711-secret");

    @Test
    void anAnnotatedPayloadBringsTypeAndVersion() {
        Event<OrderPlaced> event = Event.of(PAYLOAD);

        assertThat(event.type()).isEqualTo("order.placed");
        assertThat(event.version()).isEqualTo(3);
        assertThat(event.payload()).isSameAs(PAYLOAD);
    }

    @Test
    void aPayloadWithoutAnnotationNeedsAType() {
        assertThatThrownBy(() -> Event.of(Map.of()))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContainingAll("has no @EventType", "Event.of(type, payload)");
    }

    @Test
    void aGivenTypeWinsOverTheAnnotationAndStartsAtVersion1() {
        Event<OrderPlaced> event = Event.of("order.imported", PAYLOAD);

        assertThat(event.type()).isEqualTo("order.imported");
        assertThat(event.version()).isEqualTo(1);
    }

    @Test
    void theDefaultsAreAFreshIdNowAndNothingElse() {
        Instant before = Instant.now().truncatedTo(ChronoUnit.MICROS);
        Event<OrderPlaced> event = Event.of(PAYLOAD);

        assertThat(event.id().version()).isEqualTo(7);
        assertThat(event.id()).isNotEqualTo(Event.of(PAYLOAD).id());
        assertThat(event.occurredAt()).isBetween(before, Instant.now());
        assertThat(event.headers()).isEmpty();
        assertThat(new Object[] {
                    event.source(), event.aggregateType(), event.aggregateId(), event.key(),
                    event.deliverAt(), event.expiresAt(), event.correlationId(), event.causationId()
                })
                .containsOnlyNulls();
    }

    @Test
    void everyValueIsCarried() {
        UUID id = UUID.randomUUID();
        Event<OrderPlaced> event = Event.builder(PAYLOAD)
                .id(id)
                .version(7)
                .source("shop")
                .aggregate("order", "A-1")
                .key("customer/9")
                .header("tenant", "blue")
                .headers(Map.of("region", "eu"))
                .correlationId("c-1")
                .causationId("e-0")
                .occurredAt(Instant.EPOCH)
                .deliverAt(Instant.EPOCH.plusSeconds(1))
                .expiresAt(Instant.EPOCH.plusSeconds(2))
                .build();

        assertThat(event.id()).isEqualTo(id);
        assertThat(event.version()).isEqualTo(7);
        assertThat(event.source()).isEqualTo("shop");
        assertThat(event.aggregateType()).isEqualTo("order");
        assertThat(event.aggregateId()).isEqualTo("A-1");
        assertThat(event.key()).isEqualTo("customer/9");
        assertThat(event.header("tenant")).isEqualTo("blue");
        assertThat(event.header("none")).isNull();
        assertThat(event.headers())
                .containsOnly(
                        Map.entry("tenant", "blue"),
                        Map.entry("region", "eu"),
                        Map.entry(Headers.CORRELATION_ID, "c-1"),
                        Map.entry(Headers.CAUSATION_ID, "e-0"));
        assertThat(event.correlationId()).isEqualTo("c-1");
        assertThat(event.causationId()).isEqualTo("e-0");
        assertThat(event.occurredAt()).isEqualTo(Instant.EPOCH);
        assertThat(event.deliverAt()).isEqualTo(Instant.EPOCH.plusSeconds(1));
        assertThat(event.expiresAt()).isEqualTo(Instant.EPOCH.plusSeconds(2));
    }

    @Test
    void timesHaveTheMicrosecondsThatTheDatabaseKeeps() {
        Instant nanos = Instant.parse("2026-02-28T23:59:59.123456789Z");
        Instant micros = Instant.parse("2026-02-28T23:59:59.123456Z");
        Event<OrderPlaced> event = Event.builder(PAYLOAD)
                .occurredAt(nanos)
                .deliverAt(nanos)
                .expiresAt(nanos)
                .build();

        assertThat(event.occurredAt()).isEqualTo(micros);
        assertThat(event.deliverAt()).isEqualTo(micros);
        assertThat(event.expiresAt()).isEqualTo(micros);
        Instant now = Event.of(PAYLOAD).occurredAt();
        assertThat(now).isEqualTo(now.truncatedTo(ChronoUnit.MICROS));
    }

    @Test
    void theKeyDefaultsToTheAggregate() {
        assertThat(Event.builder(PAYLOAD).aggregate("order", "A-1").build().key())
                .isEqualTo("order/A-1");
        assertThat(Event.builder(PAYLOAD)
                        .key("own")
                        .aggregate("order", "A-1")
                        .build()
                        .key())
                .isEqualTo("own");
    }

    @Test
    void oneBuilderMakesEventsWithIdsOfTheirOwn() {
        Event.Builder<OrderPlaced> builder = Event.builder(PAYLOAD);

        assertThat(builder.build().id()).isNotEqualTo(builder.build().id());
    }

    @Test
    void aConsequenceNamesItsCauseAndStartsACorrelationWithIt() {
        Event<OrderPlaced> cause = Event.of(PAYLOAD);
        Event<OrderPlaced> effect = Event.builder(PAYLOAD).causedBy(cause).build();

        assertThat(effect.causationId()).isEqualTo(cause.id().toString());
        assertThat(effect.correlationId()).isEqualTo(cause.id().toString());
    }

    @Test
    void aChainOfConsequencesSharesTheFirstCorrelation() {
        Event<OrderPlaced> first =
                Event.builder(PAYLOAD).correlationId("request-1").build();
        Event<OrderPlaced> second = Event.builder(PAYLOAD).causedBy(first).build();
        Event<OrderPlaced> third = Event.builder(PAYLOAD).causedBy(second).build();

        assertThat(third.correlationId()).isEqualTo("request-1");
        assertThat(third.causationId()).isEqualTo(second.id().toString());
    }

    @Test
    void headersChangeNeitherThroughTheEventNorThroughTheBuilderOrTheMap() {
        Map<String, String> given = new HashMap<>(Map.of("a", "1"));
        Event.Builder<OrderPlaced> builder = Event.builder(PAYLOAD).headers(given);
        Event<OrderPlaced> event = builder.build();
        given.put("b", "2");
        builder.header("c", "3");

        assertThat(event.headers()).isEqualTo(Map.of("a", "1")).isUnmodifiable();
        assertThat(Event.of(PAYLOAD).headers()).isUnmodifiable();
    }

    @Test
    void headersKeepTheOrderTheyWereGivenIn() {
        Event<OrderPlaced> event = Event.builder(PAYLOAD)
                .header("z", "1")
                .header("a", "2")
                .header("m", "3")
                .header("z", "4")
                .build();

        assertThat(event.headers()).containsExactly(Map.entry("z", "4"), Map.entry("a", "2"), Map.entry("m", "3"));
    }

    @Test
    void nullsAreRefusedWhereTheyAreGiven() {
        assertThatNullPointerException().isThrownBy(() -> Event.of(null)).withMessage("payload");
        assertThatNullPointerException()
                .isThrownBy(() -> Event.of(null, PAYLOAD))
                .withMessage("type");
        assertThatNullPointerException()
                .isThrownBy(() -> Event.builder(PAYLOAD).header("tenant", null))
                .withMessage("tenant");
        assertThatNullPointerException()
                .isThrownBy(() -> Event.builder(PAYLOAD).header(null, "blue"))
                .withMessage("header name");
    }

    @Test
    void anotherPayloadKeepsEverythingElseTheIdToo() {
        Event<OrderPlaced> event = Event.builder(PAYLOAD)
                .version(2)
                .source("shop")
                .aggregate("order", "A-1")
                .header("a", "1")
                .deliverAt(Instant.EPOCH)
                .expiresAt(Instant.EPOCH)
                .build();

        Event<String> copy = event.withPayload("text").build();

        assertThat(copy.payload()).isEqualTo("text");
        assertThat(copy).usingRecursiveComparison().ignoringFields("payload").isEqualTo(event);
    }

    @Test
    void aCopyAboutAnotherAggregateGetsTheKeyOfThatOne() {
        Event<OrderPlaced> event =
                Event.builder(PAYLOAD).aggregate("order", "A-1").build();

        assertThat(event.withPayload(PAYLOAD).aggregate("order", "B-2").build().key())
                .isEqualTo("order/B-2");
    }

    @Test
    void aCopyKeepsAKeyThatWasChosen() {
        Event<OrderPlaced> event =
                Event.builder(PAYLOAD).aggregate("order", "A-1").key("own").build();

        assertThat(event.withPayload(PAYLOAD).aggregate("order", "B-2").build().key())
                .isEqualTo("own");
    }

    @Test
    void itsTextNamesTypeVersionAndIdAndHidesPayloadAndHeaders() {
        Event<OrderPlaced> event =
                Event.builder(PAYLOAD).header("token", "hunter2").build();

        assertThat(event).hasToString("order.placed v3 " + event.id());
    }

    @Test
    void itsTextIsOneLineWhateverTheTypeIs() {
        assertThat(Event.of("a\r\nERROR forged\u009B", PAYLOAD).toString()).startsWith("a��ERROR forged� v1 ");
        assertThat(Event.of("x".repeat(1_000_000), PAYLOAD).toString()).hasSizeLessThan(200);
    }
}
