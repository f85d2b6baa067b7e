package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.InvalidConsumerException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.SmartInitializingSingleton;

/** The consumers that this application declares, with their settings, once all beans are there. Each name once. */
final class ConsumerCatalog implements SmartInitializingSingleton {

    private final List<ConsumerSpec<?>> beans;
    private final HandlerMethods methods;
    private final ConsumerSettings settings;
    private final Map<String, ConsumerSpec<?>> specs = new LinkedHashMap<>();

    ConsumerCatalog(List<ConsumerSpec<?>> beans, HandlerMethods methods, ConsumerSettings settings) {
        this.beans = beans;
        this.methods = methods;
        this.settings = settings;
    }

    @Override
    public void afterSingletonsInstantiated() {
        beans.forEach(this::add);
        methods.specs().forEach(this::add);
    }

    /** The consumers that run on this node. */
    Collection<ConsumerSpec<?>> enabled() {
        return specs.values().stream()
                .filter(spec -> settings.isEnabled(spec.name()))
                .toList();
    }

    private void add(ConsumerSpec<?> spec) {
        if (specs.put(spec.name(), settings.apply(spec)) != null) {
            throw new InvalidConsumerException("Consumer '" + spec.name() + "' is declared twice in this application:"
                    + " give each handler a consumer name of its own, or one handler both event types");
        }
    }
}
