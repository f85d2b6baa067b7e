package io.penstock.benchmarks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What the plain Kafka clients do with a topic. */
final class Records {

    private Records() {}

    /** Sends so many events as CloudEvents, with a producer as the relay has it. */
    static void send(Broker broker, String topic, Bench bench) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrap(), "acks", "all", "linger.ms", 5),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int number = 0; number < bench.events(); number++) {
                var unused = producer.send(record(topic, bench.payload(number)));
            }
            producer.flush();
        }
    }

    /** Polls so many records. */
    static void read(Broker broker, String topic, long count) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrap()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long read = 0;
            while (read < count) {
                read += consumer.poll(Duration.ofMillis(100)).count();
            }
        }
    }

    /** How many records there are on a topic. */
    static long count(Broker broker, String topic) throws Exception {
        try (Admin admin = broker.admin()) {
            Map<TopicPartition, OffsetSpec> ends = IntStream.range(0, Broker.PARTITIONS)
                    .boxed()
                    .collect(Collectors.toMap(
                            partition -> new TopicPartition(topic, partition), partition -> OffsetSpec.latest()));
            return admin.listOffsets(new HashMap<>(ends)).all().get().values().stream()
                    .mapToLong(end -> end.offset())
                    .sum();
        }
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, Payload payload) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, bytes(payload.customer()), bytes(payload.toJson()));
        Map.of(
                        "ce_specversion", "1.0",
                        "ce_id", "bench-" + payload.number(),
                        "ce_type", "order.placed",
                        "ce_source", "bench",
                        "content-type", "application/json")
                .forEach((name, value) -> record.headers().add(name, bytes(value)));
        return record;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
