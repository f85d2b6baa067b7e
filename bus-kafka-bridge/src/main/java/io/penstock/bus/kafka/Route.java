package io.penstock.bus.kafka;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where an event goes. Immutable.
 *
 * @param key the record's key, which decides its partition; {@code null}: any partition, and so no order
 * @param headers headers of the record besides those of the event and of the format; they win over both
 */
public record Route(String topic, @Nullable String key, Map<String, String> headers) {

    public Route {
        headers = Map.copyOf(headers);
    }

    /** A route without headers of its own. */
    public static Route to(String topic, @Nullable String key) {
        return new Route(topic, key, Map.of());
    }
}
