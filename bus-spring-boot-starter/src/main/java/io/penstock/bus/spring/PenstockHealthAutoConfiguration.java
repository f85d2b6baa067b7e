package io.penstock.bus.spring;

import io.penstock.bus.EventBus;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;

/** The bus's part of the application's health, if that is asked for. */
@AutoConfiguration(after = PenstockConsumersAutoConfiguration.class)
@ConditionalOnClass({ReactiveHealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean({EventBus.class, PenstockProperties.class})
@ConditionalOnEnabledHealthIndicator("penstock")
public class PenstockHealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "penstockHealthIndicator")
    ReactiveHealthIndicator penstockHealthIndicator(EventBus bus, PenstockProperties properties) {
        return new PenstockHealthIndicator(bus, properties.health().oldestAge());
    }
}
