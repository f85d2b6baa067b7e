package io.penstock.benchmarks;

import io.penstock.bus.EventType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * What every variant publishes and decodes: about 250 characters of JSON.
 *
 * @param number of the event, from 0
 * @param customer the ordering key; one in {@link #CUSTOMERS}
 * @param at when the event was due to be published, in microseconds since 1970, where latency is measured
 */
@EventType("order.placed")
public record Payload(int number, String customer, long cents, long at, String note) {

    public static final int CUSTOMERS = 10_000;

    private static final String NOTE = "n".repeat(160);
    private static final ObjectReader READER = JsonMapper.shared().readerFor(Payload.class);
    private static final ObjectWriter WRITER = JsonMapper.shared().writerFor(Payload.class);

    /** The payload of the event with this number. */
    public static Payload of(int number) {
        return new Payload(number, "customer-" + number % CUSTOMERS, 100L + number, 0, NOTE);
    }

    /** The same, due to be published then. */
    public Payload at(long epochMicros) {
        return new Payload(number, customer, cents, epochMicros, note);
    }

    public String toJson() {
        return WRITER.writeValueAsString(this);
    }

    public static Payload fromJson(String json) {
        return READER.readValue(json);
    }
}
