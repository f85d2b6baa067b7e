package io.penstock.bus.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The consumer's settings: what the application gave, and what "offsets after the commit" rests on. */
final class ConsumerSettings {

    private ConsumerSettings() {}

    static void check(Map<String, Object> given) {
        Checks.holds(
                given.containsKey(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG),
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                "",
                "a list of host:port");
        Checks.fixed(
                given,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                "offsets are committed after the commit of the database");
    }

    static Map<String, Object> of(Map<String, Object> given, String group, int batchSize) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.putAll(given);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, batchSize);
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return settings;
    }

    /** What a producer for the same brokers needs: how to reach them, and who it is. */
    static Map<String, Object> ofProducer(Map<String, Object> consumer) {
        Map<String, Object> shared = new HashMap<>(consumer);
        shared.keySet().retainAll(ProducerConfig.configNames());
        return shared;
    }
}
