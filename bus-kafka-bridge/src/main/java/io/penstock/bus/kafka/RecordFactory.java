package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/** Makes records of events. */
final class RecordFactory {

    private final Routing routing;
    private final RecordFormat format;

    RecordFactory(Routing routing, RecordFormat format) {
        this.routing = routing;
        this.format = format;
    }

    /** Without a timestamp of ours: brokers refuse and remove records by it, and an event may be older than that. */
    ProducerRecord<byte[], byte[]> record(Event<RawJson> event) {
        Route route = routing.route(event);
        Map<String, String> headers = new LinkedHashMap<>(event.headers());
        headers.keySet().removeIf(BridgeHeaders::isOfBridge);
        String value = format.write(event, headers);
        headers.putAll(route.headers());
        return new ProducerRecord<>(route.topic(), null, null, bytes(route.key()), bytes(value), records(headers));
    }

    private static Iterable<Header> records(Map<String, String> headers) {
        return headers.entrySet().stream()
                .<Header>map(header -> new RecordHeader(header.getKey(), bytes(header.getValue())))
                .toList();
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
