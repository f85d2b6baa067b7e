package io.penstock.bus.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.bus.EventBus;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/** Measures the bus, if there is Micrometer and a registry. */
@AutoConfiguration(
        after = PenstockConsumersAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({MeterRegistry.class, EventBus.class, PenstockProperties.class})
@ConditionalOnProperty(name = "penstock.metrics.enabled", matchIfMissing = true)
public class PenstockMetricsAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    MicrometerBusListener penstockMicrometerBusListener(MeterRegistry registry) {
        return new MicrometerBusListener(registry);
    }

    @Bean
    @ConditionalOnMissingBean(HandlerTimes.class)
    MicrometerHandlerTimes penstockHandlerTimes(MeterRegistry registry) {
        return new MicrometerHandlerTimes(registry);
    }

    @Bean
    @ConditionalOnMissingBean
    ConsumerGauges penstockConsumerGauges(EventBus bus, MeterRegistry registry, PenstockProperties properties) {
        return new ConsumerGauges(bus, registry, properties.metrics().interval());
    }
}
