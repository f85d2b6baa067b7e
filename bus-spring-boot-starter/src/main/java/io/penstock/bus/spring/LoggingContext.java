package io.penstock.bus.spring;

import io.penstock.bus.Event;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;
import reactor.core.publisher.Mono;

/** What a handler's log lines say of it: consumer, event, type and correlation id. */
final class LoggingContext {

    static final String CONSUMER = "penstock.consumer";
    static final String EVENT = "penstock.event";
    static final String TYPE = "penstock.type";
    static final String CORRELATION = "penstock.correlation";

    /** Where the Reactor context holds them for whoever restores them on other threads. */
    static final String KEY = "penstock.mdc";

    private static final List<String> KEYS = List.of(CONSUMER, EVENT, TYPE, CORRELATION);

    private LoggingContext() {}

    static Mono<Void> with(String consumer, List<? extends Event<?>> events, Mono<Void> handling) {
        Map<String, String> entries = entries(consumer, events);
        return ScopedSubscription.of(handling, () -> open(entries)).contextWrite(context -> context.put(KEY, entries));
    }

    static void set(Map<String, String> entries) {
        clear();
        entries.forEach(MDC::put);
    }

    /** What this thread has of them. */
    static Map<String, String> current() {
        Map<String, String> entries = new HashMap<>();
        for (String key : KEYS) {
            String value = MDC.get(key);
            if (value != null) {
                entries.put(key, value);
            }
        }
        return entries;
    }

    static void clear() {
        KEYS.forEach(MDC::remove);
    }

    private static ScopedSubscription.Scope open(Map<String, String> entries) {
        Map<String, @Nullable String> before = new HashMap<>();
        entries.keySet().forEach(key -> before.put(key, MDC.get(key)));
        set(entries);
        return () -> before.forEach(LoggingContext::restore);
    }

    private static void restore(String key, @Nullable String value) {
        if (value == null) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
        }
    }

    /** Of a batch, what its events have in common. */
    private static Map<String, String> entries(String consumer, List<? extends Event<?>> events) {
        Map<String, String> entries = new HashMap<>();
        entries.put(CONSUMER, consumer);
        if (events.size() == 1) {
            Event<?> event = events.get(0);
            entries.put(EVENT, event.id().toString());
            entries.put(TYPE, event.type());
            String correlation = event.correlationId();
            entries.put(CORRELATION, correlation == null ? event.id().toString() : correlation);
        }
        return Map.copyOf(entries);
    }
}
