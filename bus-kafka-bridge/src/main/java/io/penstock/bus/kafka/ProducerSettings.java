package io.penstock.bus.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The producer's settings: what the application gave, and what order and durability rest on. */
final class ProducerSettings {

    private ProducerSettings() {}

    static void check(Map<String, Object> given) {
        Checks.holds(
                given.containsKey(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG),
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                "",
                "a list of host:port");
        Checks.fixed(given, ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true, "order through retries rests on it");
        if (!"-1".equals(String.valueOf(given.get(ProducerConfig.ACKS_CONFIG)))) {
            Checks.fixed(given, ProducerConfig.ACKS_CONFIG, "all", "an event is done only when it cannot be lost");
        }
        Checks.holds(
                !given.containsKey(ProducerConfig.TRANSACTIONAL_ID_CONFIG),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                given.getOrDefault(ProducerConfig.TRANSACTIONAL_ID_CONFIG, ""),
                "none: the relay does not use Kafka's transactions");
    }

    /** After this time without an answer a producer is not believed in any more. */
    static Duration patience(Map<String, Object> settings) {
        return Duration.ofMillis(
                2 * Long.parseLong(String.valueOf(settings.get(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG))));
    }

    /** @param deliveryTimeout from giving a record to the producer until it is acknowledged or fails */
    static Map<String, Object> of(Map<String, Object> given, Duration deliveryTimeout) {
        int millis = (int) deliveryTimeout.toMillis();
        Map<String, Object> settings = new HashMap<>(given);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, millis / 2);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (long) millis / 2);
        // A wave is given to the producer all at once: waiting for more records would only delay its end.
        settings.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
        return settings;
    }
}
