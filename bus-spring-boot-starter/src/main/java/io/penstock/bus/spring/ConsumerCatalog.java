package io.penstock.bus.spring;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.InvalidConsumerException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/** The consumers that this application declares, with their settings, once all beans are there. Each name once. */
final class ConsumerCatalog implements SmartInitializingSingleton {

    private static final Logger LOG = LoggerFactory.getLogger(ConsumerCatalog.class);

    private final ConfigurableListableBeanFactory beans;
    private final ConsumerSettings settings;
    private final ObjectProvider<RelayNames> relays;
    private final Map<String, Declared> consumers = new LinkedHashMap<>();

    ConsumerCatalog(
            ConfigurableListableBeanFactory beans, ConsumerSettings settings, ObjectProvider<RelayNames> relays) {
        this.beans = beans;
        this.settings = settings;
        this.relays = relays;
    }

    @Override
    public void afterSingletonsInstantiated() {
        beans.getBeansOfType(ConsumerSpec.class, true, false)
                .forEach((name, spec) -> add((ConsumerSpec<?>) spec, "bean '" + name + "'"));
        new HandlerMethods(beans).forEach(this::add);
        tellOfStrangers();
    }

    /** The consumers that run on this node. */
    Collection<ConsumerSpec<?>> enabled() {
        return consumers.values().stream()
                .<ConsumerSpec<?>>map(Declared::spec)
                .filter(spec -> settings.isEnabled(spec.name()))
                .toList();
    }

    private void add(ConsumerSpec<?> spec, String where) {
        Declared other = consumers.put(spec.name(), new Declared(settings.apply(spec), where));
        if (other != null) {
            throw new InvalidConsumerException(
                    "Consumer '" + spec.name() + "' is declared twice in this application, by "
                            + other.where() + " and by " + where
                            + ": give each handler a consumer name of its own, or one handler both event types");
        }
    }

    /** No error: applications may share their configuration, and code may subscribe consumers by itself. */
    private void tellOfStrangers() {
        settings.names().stream()
                .filter(name -> !consumers.containsKey(name) && !isRelay(name))
                .forEach(name -> LOG.info(
                        "No bean declares the consumer of penstock.consumers.{}: unless code subscribes it, nothing"
                                + " follows these settings. Declared are {}",
                        name,
                        consumers.keySet()));
    }

    private boolean isRelay(String name) {
        return relays.stream().anyMatch(declared -> declared.names().contains(name));
    }

    private record Declared(ConsumerSpec<?> spec, String where) {}
}
