package io.penstock.bus.spring;

import io.penstock.bus.EventBus;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;

/** The consumers that the application declares, and their life, on the starter's bus or one of the application's own. */
@AutoConfiguration(after = PenstockAutoConfiguration.class)
@ConditionalOnSingleCandidate(EventBus.class)
@ConditionalOnProperty(name = "penstock.enabled", matchIfMissing = true)
@EnableConfigurationProperties(PenstockProperties.class)
public class PenstockConsumersAutoConfiguration {

    @Bean
    ConsumerCatalog penstockConsumerCatalog(
            ConfigurableListableBeanFactory beans, PenstockProperties properties, ObjectProvider<RelayNames> relays) {
        return new ConsumerCatalog(beans, new ConsumerSettings(properties.consumers()), relays);
    }

    /** On the starter's bus, which it has started. */
    @Bean
    @ConditionalOnBean(BusLifecycle.class)
    @ConditionalOnProperty(name = "penstock.start-consumers", matchIfMissing = true)
    ConsumersRegistration penstockConsumersRegistration(
            R2dbcEventBus bus, ConsumerCatalog catalog, PenstockProperties properties) {
        return new ConsumersRegistration(bus, catalog, properties.startTimeout());
    }

    @Bean
    @ConditionalOnProperty(name = "penstock.start-consumers", matchIfMissing = true)
    ConsumersLifecycle penstockConsumersLifecycle(
            ApplicationContext context, EventBus bus, ConsumerCatalog catalog, PenstockProperties properties) {
        return new ConsumersLifecycle(context, bus, catalog, properties.startTimeout());
    }
}
