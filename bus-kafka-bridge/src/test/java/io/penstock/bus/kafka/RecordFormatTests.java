package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class RecordFormatTests {

    private static final UUID ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
    private static final Event<RawJson> EVENT = Event.builder("order.placed", new RawJson("{\"total\": 10.00}"))
            .id(ID)
            .source("shop")
            .aggregate("order", "o-1")
            .key("customer-1")
            .version(2)
            .occurredAt(Instant.parse("2026-01-02T03:04:05.678901Z"))
            .expiresAt(Instant.parse("2027-01-01T00:00:00Z"))
            .correlationId("c-1")
            .causationId("c-0")
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .header("tenant", "acme")
            .header("kafka-topic", "elsewhere")
            .header("kafka-position", "1@2")
            .build();

    @Test
    void binaryModeHasAttributesInHeadersAndThePayloadAsItIs() {
        ProducerRecord<byte[], byte[]> record = record(RecordFormat.CLOUD_EVENTS, Routing.byAggregate("shop."));

        assertThat(record.topic()).isEqualTo("shop.order");
        assertThat(Topics.text(record.key())).isEqualTo("customer-1");
        assertThat(Topics.text(record.value())).isEqualTo("{\"total\": 10.00}");
        assertThat(record.timestamp()).isNull();
        assertThat(headers(record))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("ce_specversion", "1.0"),
                        Map.entry("ce_id", ID.toString()),
                        Map.entry("ce_type", "order.placed"),
                        Map.entry("ce_source", "shop"),
                        Map.entry("ce_time", "2026-01-02T03:04:05.678901Z"),
                        Map.entry("ce_subject", "o-1"),
                        Map.entry("ce_aggregatetype", "order"),
                        Map.entry("ce_partitionkey", "customer-1"),
                        Map.entry("ce_eventversion", "2"),
                        Map.entry("ce_expirytime", "2027-01-01T00:00:00Z"),
                        Map.entry("ce_traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                        Map.entry("ce_correlationid", "c-1"),
                        Map.entry("ce_causationid", "c-0"),
                        Map.entry("content-type", "application/json"),
                        Map.entry("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                        Map.entry("correlation-id", "c-1"),
                        Map.entry("causation-id", "c-0"),
                        Map.entry("tenant", "acme")));
    }

    @Test
    void structuredModeHasAllInOneObjectAndTheDataAsItWas() {
        ProducerRecord<byte[], byte[]> record = record(RecordFormat.CLOUD_EVENTS_STRUCTURED, Routing.toTopic("all"));

        assertThat(Topics.text(record.value()))
                .isEqualTo("{\"specversion\":\"1.0\",\"id\":\"" + ID
                        + "\",\"type\":\"order.placed\",\"source\":\"shop\",\"time\":\"2026-01-02T03:04:05.678901Z\","
                        + "\"subject\":\"o-1\",\"aggregatetype\":\"order\",\"partitionkey\":\"customer-1\","
                        + "\"eventversion\":\"2\",\"expirytime\":\"2027-01-01T00:00:00Z\","
                        + "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\","
                        + "\"correlationid\":\"c-1\",\"causationid\":\"c-0\","
                        + "\"datacontenttype\":\"application/json\",\"data\":{\"total\": 10.00}}");
        assertThat(headers(record))
                .containsEntry("content-type", "application/cloudevents+json; charset=utf-8")
                .containsEntry("tenant", "acme")
                .doesNotContainKey("ce_id");
    }

    @Test
    void debeziumsConventionsAreIdAndTypeInHeadersAndTheTopicOfTheAggregate() {
        ProducerRecord<byte[], byte[]> record = record(RecordFormat.DEBEZIUM_OUTBOX, Routing.debezium());

        assertThat(record.topic()).isEqualTo("outbox.event.order");
        assertThat(Topics.text(record.key())).isEqualTo("o-1");
        assertThat(Topics.text(record.value())).isEqualTo("{\"total\": 10.00}");
        assertThat(headers(record)).containsEntry("id", ID.toString()).containsEntry("eventType", "order.placed");
    }

    @Test
    void anEventWithoutAggregateAndKeyGoesToTheTopicOfItsTypeWithoutAKey() {
        Event<RawJson> event = Event.of("order.placed", new RawJson("1"));
        ProducerRecord<byte[], byte[]> record =
                new RecordFactory(Routing.byAggregate(), RecordFormat.CLOUD_EVENTS).record(event);

        assertThat(record.topic()).isEqualTo("order.placed");
        assertThat(record.key()).isNull();
        assertThat(headers(record)).doesNotContainKeys("ce_subject", "ce_aggregatetype", "ce_partitionkey");
    }

    @Test
    void headersOfTheRouteWin() {
        ProducerRecord<byte[], byte[]> record = record(
                RecordFormat.CLOUD_EVENTS, event -> new Route("t", null, Map.of("ce_source", "/mine", "tenant", "x")));

        assertThat(headers(record)).containsEntry("ce_source", "/mine").containsEntry("tenant", "x");
    }

    private static ProducerRecord<byte[], byte[]> record(RecordFormat format, Routing routing) {
        return new RecordFactory(routing, format).record(EVENT);
    }

    private static Map<String, String> headers(ProducerRecord<byte[], byte[]> record) {
        Map<String, String> headers = new LinkedHashMap<>();
        record.headers().forEach(header -> headers.put(header.key(), Topics.text(header.value())));
        return headers;
    }
}
