package io.penstock.bus.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Sends records to a topic as they were, with the reason in a header. One that has no key gets its coordinates as such, or
 * a compacted topic would refuse it for good; what is too large for the topic goes there cut.
 */
final class DeadLetterTopic implements Diversion {

    private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(20);
    private static final int CUT_TO = 4 << 10;

    private final String topic;
    private final TopicWriter writer;

    DeadLetterTopic(String ingress, String topic, Map<String, Object> producer) {
        this.topic = topic;
        this.writer = TopicWriter.open(ingress + "-unreadable", ProducerSettings.of(producer, DELIVERY_TIMEOUT));
    }

    @Override
    public Mono<Void> start() {
        return Mono.empty();
    }

    @Override
    public Mono<Void> divert(List<Diverted> records) {
        return writer.send(records.stream().map(this::whole).toList())
                .flatMap(errors -> errors.isEmpty() ? Mono.empty() : divertCut(records, errors));
    }

    @Override
    public Mono<Void> close() {
        return writer.close();
    }

    private Mono<Void> divertCut(List<Diverted> records, Map<Integer, Throwable> errors) {
        List<ProducerRecord<byte[], byte[]>> cut = new ArrayList<>();
        for (Map.Entry<Integer, Throwable> error : errors.entrySet()) {
            if (!KafkaErrors.isRefusal(error.getValue())) {
                return Mono.error(error.getValue());
            }
            cut.add(cut(records.get(error.getKey())));
        }
        return writer.send(cut)
                .flatMap(left -> left.isEmpty()
                        ? Mono.empty()
                        : Mono.error(left.values().iterator().next()));
    }

    private ProducerRecord<byte[], byte[]> whole(Diverted diverted) {
        ConsumerRecord<byte[], byte[]> record = diverted.record();
        List<Header> headers = new ArrayList<>(List.of(record.headers().toArray()));
        headers.addAll(coordinates(diverted));
        return new ProducerRecord<>(topic, null, null, key(diverted), record.value(), headers);
    }

    private ProducerRecord<byte[], byte[]> cut(Diverted diverted) {
        ConsumerRecord<byte[], byte[]> record = diverted.record();
        List<Header> headers = coordinates(diverted);
        headers.add(header(BridgeHeaders.CUT, "from " + record.serializedValueSize() + " bytes"));
        return new ProducerRecord<>(topic, null, null, cut(key(diverted)), cut(record.value()), headers);
    }

    private static byte[] key(Diverted diverted) {
        byte[] key = diverted.record().key();
        return key != null ? key : diverted.position().toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte @Nullable [] cut(byte @Nullable [] bytes) {
        return bytes == null || bytes.length <= CUT_TO ? bytes : Arrays.copyOf(bytes, CUT_TO);
    }

    private static List<Header> coordinates(Diverted diverted) {
        RecordPosition position = diverted.position();
        List<Header> headers = new ArrayList<>();
        headers.add(header(BridgeHeaders.REASON, diverted.reason()));
        headers.add(header(BridgeHeaders.FROM_TOPIC, position.topic()));
        headers.add(header(BridgeHeaders.FROM_PARTITION, Integer.toString(position.partition())));
        headers.add(header(BridgeHeaders.FROM_OFFSET, Long.toString(position.offset())));
        return headers;
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
