package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RecordReaderTests {

    private static final byte[] NO_UTF8 = {(byte) 0xC3, 0x28};
    private static final String STRUCTURED = "application/cloudevents+json";

    @ParameterizedTest
    @EnumSource
    void whatTheRelayWritesIsReadBack(RecordFormat format) {
        Event<RawJson> sent = Event.builder(
                        "order.placed", new RawJson("{\"total\": 10.00, \"n\": [1e400, \"ß\\u0041\"]}"))
                .source("shop")
                .aggregate("order", "o-1")
                .key(format == RecordFormat.DEBEZIUM_OUTBOX ? "o-1" : "customer-1")
                .correlationId("c-1")
                .header("tenant", "acme")
                .build();
        Routing routing = format == RecordFormat.DEBEZIUM_OUTBOX ? Routing.debezium() : Routing.toTopic("orders");
        var record = new RecordFactory(routing, format).record(sent);

        Event<RawJson> read =
                event(read(options -> options, of(record.topic(), record.key(), record.value(), (RecordHeaders)
                        record.headers())));

        assertThat(read.id()).isEqualTo(sent.id());
        assertThat(read.payload()).isEqualTo(sent.payload());
        assertThat(read)
                .extracting(Event::type, Event::aggregateType, Event::aggregateId, Event::key, Event::version)
                .containsExactly("order.placed", "order", "o-1", sent.key(), 1);
        assertThat(read.headers())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "tenant",
                        "acme",
                        "correlation-id",
                        "c-1",
                        "kafka-topic",
                        record.topic(),
                        "kafka-position",
                        "1@42"));
    }

    @Test
    void aPlainRecordGetsTheTypeOfItsTopicAndAnIdOfItsPosition() {
        ConsumerRecord<byte[], byte[]> record =
                of("plain", Topics.bytes("k"), Topics.bytes("[1]"), new RecordHeaders());

        Event<RawJson> first = event(read(options -> options, record));
        Event<RawJson> again = event(read(options -> options, record));

        assertThat(first.type()).isEqualTo("order.imported");
        assertThat(first.id()).isEqualTo(again.id());
        assertThat(first.id().version()).isEqualTo(5);
        assertThat(first.occurredAt()).isEqualTo(Instant.ofEpochMilli(1_700_000_000_000L));
        assertThat(first.key()).isEqualTo("k");
    }

    @Test
    void anIdThatIsNoUuidIsUniqueWithinItsSource() {
        UUID one = event(read(o -> o, ce("ce_id", "A-17", "ce_source", "/one"))).id();
        UUID again =
                event(read(o -> o, ce("ce_id", "A-17", "ce_source", "/one"))).id();
        UUID other =
                event(read(o -> o, ce("ce_id", "A-17", "ce_source", "/other"))).id();

        assertThat(one).isEqualTo(again).isNotEqualTo(other);
    }

    @Test
    void typesAreMappedByTheTableAndNothingElse() {
        assertThat(event(read(
                                o -> o.type("com.acme.OrderPlaced", "order.placed"),
                                ce("ce_type", "com.acme.OrderPlaced")))
                        .type())
                .isEqualTo("order.placed");
        assertThat(read(o -> o, ce("ce_type", "java.lang.Runtime")))
                .isEqualTo(new Reading.Unreadable("its type is not in the table of types"));
        assertThat(read(o -> o.ignore("audit.*"), ce("ce_type", "audit.read"))).isInstanceOf(Reading.Ignored.class);
    }

    @Test
    void attributesNobodyKnowsStayAsHeadersAndMarksOfTheBridgeAreMadeAnew() {
        Event<RawJson> read =
                event(read(o -> o, ce("ce_dataschema", "/schema/1", "kafka-topic", "forged", "ce_subject", "s")));

        assertThat(read.headers())
                .containsEntry("ce_dataschema", "/schema/1")
                .containsEntry("ce_subject", "s")
                .containsEntry("kafka-topic", "orders");
    }

    @Test
    void whatHasNoPlaceInTheEventStaysAsAHeader() {
        Event<RawJson> read = event(read(
                o -> o,
                ce(
                        "ce_id", "A-1",
                        "id", "own",
                        "eventType", "Placed",
                        "ce_partitionkey", "customer",
                        "ce_aggregatetype", "order",
                        "ce_correlationid", "c-1",
                        "correlation-id", "c-2")));

        assertThat(read.key()).isEqualTo("k");
        assertThat(read.headers())
                .containsEntry("id", "own")
                .containsEntry("eventType", "Placed")
                .containsEntry("ce_partitionkey", "customer")
                .containsEntry("ce_aggregatetype", "order")
                .containsEntry("ce_correlationid", "c-1")
                .containsEntry("correlation-id", "c-2");
    }

    @Test
    void anExtensionThatIsAnObjectStaysAsItsJson() {
        String extension = "{ \"a\": [1, 2.0] }";
        Event<RawJson> read = event(read(
                o -> o, structured("{\"type\":\"order.placed\",\"ext\":" + extension + ",\"none\":null,\"data\":1}")));

        assertThat(read.headers()).containsEntry("ce_ext", extension).doesNotContainKey("ce_none");
    }

    @Test
    void headersThatArePassedOnOnlyInPartAreNamed() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("ce_type", Topics.bytes("order.placed"))
                .add("twice", Topics.bytes("1"))
                .add("twice", Topics.bytes("2"))
                .add("same", Topics.bytes("1"))
                .add("same", Topics.bytes("1"))
                .add("none", null)
                .add("ce_none", null)
                .add("unwanted", null);

        Reading.OfEvent read = (Reading.OfEvent) read(
                o -> o.headers(header -> !header.equals("unwanted")), of("orders", null, Topics.bytes("1"), headers));

        assertThat(read.curtailed()).containsExactlyInAnyOrder("twice", "none", "ce_none");
        assertThat(read.event().headers()).containsEntry("twice", "2").containsEntry("same", "1");
    }

    @Test
    void aHeaderThatIsReadForItsTypeOrIdButNotWantedIsNotPassedOn() {
        Event<RawJson> read =
                event(read(o -> o.headers(header -> false), ce("ce_id", "A-1", "id", "own", "eventType", "Placed")));

        assertThat(read.headers()).containsOnlyKeys("kafka-topic", "kafka-position");
    }

    @Test
    void headersThatAreNotWantedMayBeBytes() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("ce_type", Topics.bytes("order.placed"))
                .add("blob", NO_UTF8)
                .add("tenant", Topics.bytes("acme"));

        Event<RawJson> read =
                event(read(o -> o.headers("tenant"::equals), of("orders", null, Topics.bytes("1"), headers)));

        assertThat(read.header("tenant")).isEqualTo("acme");
        assertThat(read.header("blob")).isNull();
    }

    @Test
    void tombstonesArePassedOverIfTheOptionsSaySo() {
        assertThat(read(
                        IngressOptions.Builder::ignoreTombstones,
                        of("orders", Topics.bytes("k"), null, new RecordHeaders())))
                .isInstanceOf(Reading.Ignored.class);
    }

    static Stream<Arguments> unreadable() {
        RecordHeaders bytes = new RecordHeaders();
        bytes.add("ce_type", Topics.bytes("order.placed")).add("blob", NO_UTF8);
        RecordHeaders badAttribute = new RecordHeaders();
        badAttribute.add("ce_type", NO_UTF8);
        return Stream.of(
                arguments("no value", of("orders", Topics.bytes("k"), null, new RecordHeaders())),
                arguments("no headers", of("orders", null, Topics.bytes("{}"), new RecordHeaders())),
                arguments("value not UTF-8", of("plain", null, NO_UTF8, new RecordHeaders())),
                arguments("key not UTF-8", of("plain", NO_UTF8, Topics.bytes("{}"), new RecordHeaders())),
                arguments("header not UTF-8", of("orders", null, Topics.bytes("{}"), bytes)),
                arguments("attribute not UTF-8", of("orders", null, Topics.bytes("{}"), badAttribute)),
                arguments("no time", ce("ce_time", "yesterday")),
                arguments("a version of letters", ce("ce_eventversion", "two")),
                arguments("structured, not JSON", structured("{\"type\":")),
                arguments("structured, not an object", structured("[]")),
                arguments("structured, empty", structured("")),
                arguments("structured, data missing", structured("{\"type\":\"order.placed\"}")),
                arguments("structured, data cut", structured("{\"type\":\"order.placed\",\"data\":{\"a\":")),
                arguments("structured, base64", structured("{\"type\":\"order.placed\",\"data_base64\":\"AA==\"}")),
                arguments("structured, type no text", structured("{\"type\":{},\"data\":1}")),
                arguments(
                        "structured, deep", structured("{\"type\":\"order.placed\",\"data\":" + "[".repeat(100_000))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unreadable")
    void whatCannotBeAnEventHasAReason(String what, ConsumerRecord<byte[], byte[]> record) {
        assertThat(read(options -> options, record))
                .isInstanceOfSatisfying(
                        Reading.Unreadable.class,
                        unreadable -> assertThat(unreadable.reason()).isNotBlank());
    }

    private static Reading read(UnaryOperator<IngressOptions.Builder> more, ConsumerRecord<byte[], byte[]> record) {
        IngressOptions.Builder options = IngressOptions.builder("in", "orders", "plain", "outbox.event.order")
                .bootstrapServers("localhost:1")
                .types("order.*")
                .topicType("plain", "order.imported");
        return new RecordReader(more.apply(options).build()).read(record);
    }

    private static Event<RawJson> event(Reading reading) {
        assertThat(reading).isInstanceOf(Reading.OfEvent.class);
        return ((Reading.OfEvent) reading).event();
    }

    private static ConsumerRecord<byte[], byte[]> ce(String... headers) {
        RecordHeaders added = new RecordHeaders();
        added.add("ce_specversion", Topics.bytes("1.0")).add("ce_type", Topics.bytes("order.placed"));
        for (int i = 0; i < headers.length; i += 2) {
            added.remove(headers[i]).add(headers[i], headers[i + 1].getBytes(StandardCharsets.UTF_8));
        }
        return of("orders", Topics.bytes("k"), Topics.bytes("{}"), added);
    }

    private static ConsumerRecord<byte[], byte[]> structured(String value) {
        RecordHeaders headers = new RecordHeaders();
        headers.add("content-type", Topics.bytes(STRUCTURED));
        return of("orders", null, Topics.bytes(value), headers);
    }

    private static ConsumerRecord<byte[], byte[]> of(String topic, byte[] key, byte[] value, RecordHeaders headers) {
        return new ConsumerRecord<>(
                topic,
                1,
                42,
                1_700_000_000_000L,
                TimestampType.CREATE_TIME,
                -1,
                -1,
                key,
                value,
                headers,
                Optional.empty());
    }
}
