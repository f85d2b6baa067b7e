package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.InvalidConsumerException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The consumers that this application declares, with their settings. Each name once. */
final class ConsumerCatalog {

    private final Map<String, ConsumerSpec<?>> specs = new LinkedHashMap<>();

    ConsumerCatalog(List<ConsumerSpec<?>> declared, ConsumerSettings settings) {
        declared.forEach(spec -> add(settings.apply(spec), settings));
    }

    Collection<ConsumerSpec<?>> specs() {
        return specs.values();
    }

    private void add(ConsumerSpec<?> spec, ConsumerSettings settings) {
        if (settings.isEnabled(spec.name()) && specs.put(spec.name(), spec) != null) {
            throw new InvalidConsumerException("Consumer '" + spec.name() + "' is declared twice in this application");
        }
    }
}
