package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Foreign and hostile records among good ones: the partition moves on, and every one of them is somewhere. */
class UnreadableRecordsIntegrationTests {

    private static final byte[] NO_UTF8 = {(byte) 0xC3, 0x28};
    private static final Map<String, String> LARGE = Map.of("max.message.bytes", "4000000");

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void theyAreParkedAsDeadLettersWithTheirCoordinates() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1, LARGE);
        List<ProducerRecord<byte[], byte[]>> hostile = hostile(topic);
        Topics.send(fixture.broker(), amongGoodOnes(topic, hostile));

        IngressOptions options = fixture.ingressOptions(topic).build();
        fixture.ingress(b, options);

        awaitThat(() -> letters(b, options).size() == hostile.size());
        assertThat(fixture.count("b", "outbox_event WHERE type = 'order.placed'"))
                .isEqualTo(hostile.size() + 1);
        assertThat(letters(b, options))
                .extracting(letter -> letter.event().header("kafka-position"))
                .containsExactlyInAnyOrderElementsOf(oddPositions(hostile.size()));
        assertThat(letters(b, options)).allSatisfy(letter -> {
            assertThat(letter.attempts()).isEqualTo(1);
            assertThat(letter.error()).contains(topic + "-0@").contains("is no event: ");
        });
        awaitThat(() -> Topics.committed(fixture.broker(), options.name()) == 2 * hostile.size() + 1);
        assertThat(fixture.listener.diverted).hasSize(hostile.size());
    }

    @Test
    void theyGoToATopicAsTheyWereWithTheReason() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1, LARGE);
        String aside = fixture.topic(1, Map.of("max.message.bytes", "1000000"));
        List<ProducerRecord<byte[], byte[]>> hostile = hostile(topic);
        Topics.send(fixture.broker(), amongGoodOnes(topic, hostile));

        IngressOptions options = fixture.ingressOptions(topic)
                .unreadable(UnreadableRecords.toTopic(aside))
                .build();
        fixture.ingress(b, options);

        awaitThat(() -> Topics.committed(fixture.broker(), options.name()) == 2 * hostile.size() + 1);
        assertThat(fixture.count("b", "outbox_event")).isEqualTo(hostile.size() + 1);
        List<ConsumerRecord<byte[], byte[]>> there = Topics.read(fixture.broker(), aside);
        assertThat(there).hasSize(hostile.size()).allSatisfy(record -> {
            assertThat(Topics.header(record, "penstock-reason")).isNotBlank();
            assertThat(Topics.header(record, "penstock-topic")).isEqualTo(topic);
            assertThat(Topics.header(record, "penstock-partition")).isEqualTo("0");
        });
        assertThat(there)
                .extracting(record -> "0@" + Topics.header(record, "penstock-offset"))
                .containsExactlyInAnyOrderElementsOf(oddPositions(hostile.size()));
        assertThat(there)
                .filteredOn(record -> record.headers().lastHeader("penstock-cut") != null)
                .hasSize(1);
        assertThat(there)
                .filteredOn(record -> record.headers().lastHeader("penstock-cut") == null)
                .anySatisfy(record -> assertThat(record.value()).isEqualTo(NO_UTF8));
    }

    /** Such a topic refuses what has no key. */
    @Test
    void aCompactedTopicTakesThemTooAndThePartitionMovesOn() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        String aside = fixture.topic(1, Map.of("cleanup.policy", "compact"));
        Topics.send(
                fixture.broker(),
                List.of(
                        Topics.record(topic, null, "no JSON"),
                        Topics.record(topic, "k", "{}", "ce_type", "order.placed")));

        IngressOptions options = fixture.ingressOptions(topic)
                .unreadable(UnreadableRecords.toTopic(aside))
                .build();
        fixture.ingress(b, options);

        awaitThat(() -> Topics.committed(fixture.broker(), options.name()) == 2);
        assertThat(Topics.read(fixture.broker(), aside)).singleElement().satisfies(record -> {
            assertThat(Topics.text(record.key())).isEqualTo(topic + "-0@0");
            assertThat(Topics.text(record.value())).isEqualTo("no JSON");
            assertThat(Topics.header(record, "penstock-cut")).isNull();
        });
    }

    @Test
    void aParkedRecordIsPublishedWhenItIsRedrivenAfterTheTableWasMended() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        IngressOptions before = fixture.ingressOptions(topic).build();
        KafkaIngress first = fixture.ingress(b, before);
        Topics.send(fixture.broker(), List.of(Topics.record(topic, "k", "{\"n\":1}", "eventType", "Placed", "h", "v")));
        awaitThat(() -> letters(b, before).size() == 1);
        first.close().block(PATIENCE);

        fixture.ingress(
                b, fixture.ingressOptions(topic).type("Placed", "order.placed").build());
        b.deadLetters()
                .redrive(DeadLetterFilter.of(before.name() + "-unreadable"))
                .block(PATIENCE);

        awaitThat(() -> fixture.count("b", "outbox_event WHERE type = 'order.placed' AND key = 'k'") == 1);
        awaitThat(() -> letters(b, before).isEmpty());
    }

    private static List<ProducerRecord<byte[], byte[]>> hostile(String topic) {
        Map<String, ProducerRecord<byte[], byte[]>> records = new LinkedHashMap<>();
        records.put("no headers", Topics.record(topic, "k", "{}"));
        records.put("a foreign type", good(topic, "{}", "ce_type", "java.lang.ProcessBuilder"));
        records.put("a tombstone", good(topic, null));
        records.put("not JSON", good(topic, "{\"a\":"));
        records.put("empty", good(topic, ""));
        records.put("two values", good(topic, "1 2"));
        records.put("a NUL", good(topic, "\"\\u0000\""));
        records.put("a lone surrogate", good(topic, "\"\\ud800\""));
        records.put("1 MB too large", good(topic, "\"" + "x".repeat(2 << 20) + "\""));
        records.put("a key too long", record(topic, Topics.bytes("k".repeat(2_000)), Topics.bytes("{}")));
        records.put("a key with a NUL", record(topic, new byte[] {'a', 0}, Topics.bytes("{}")));
        records.put("a key of bytes", record(topic, NO_UTF8, Topics.bytes("{}")));
        records.put("a value of bytes", record(topic, Topics.bytes("k"), NO_UTF8));
        records.put("a header of bytes", record(topic, Topics.bytes("k"), Topics.bytes("{}")));
        records.get("a header of bytes").headers().add("blob", NO_UTF8);
        records.put("thousands of headers", good(topic, "{}"));
        for (int i = 0; i < 3_000; i++) {
            records.get("thousands of headers").headers().add("h" + i, Topics.bytes("v"));
        }
        records.put("a blank header name", good(topic, "{}", " ", "v"));
        records.put("a large header", good(topic, "{}", "h", "v".repeat(100_000)));
        records.put("a time beyond time", good(topic, "{}", "ce_time", "+99999-01-01T00:00:00Z"));
        records.put("a long source", good(topic, "{}", "ce_source", "s".repeat(5_000)));
        return List.copyOf(records.values());
    }

    private static ProducerRecord<byte[], byte[]> good(String topic, String value, String... headers) {
        ProducerRecord<byte[], byte[]> record = Topics.record(topic, "k", value, headers);
        if (record.headers().lastHeader("ce_type") == null) {
            record.headers().add("ce_type", Topics.bytes("order.placed"));
        }
        return record;
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, byte[] key, byte[] value) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, key, value);
        record.headers().add("ce_type", Topics.bytes("order.placed"));
        return record;
    }

    private static List<ProducerRecord<byte[], byte[]>> amongGoodOnes(
            String topic, List<ProducerRecord<byte[], byte[]>> hostile) {
        List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : hostile) {
            all.add(good(topic, "{}"));
            all.add(record);
        }
        all.add(good(topic, "{}"));
        return all;
    }

    private static List<String> oddPositions(int count) {
        List<String> positions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            positions.add("0@" + (2 * i + 1));
        }
        return positions;
    }

    private static List<DeadLetter> letters(R2dbcEventBus bus, IngressOptions options) {
        return bus.deadLetters()
                .list(DeadLetterFilter.of(options.name() + "-unreadable"))
                .collectList()
                .block(PATIENCE);
    }
}
