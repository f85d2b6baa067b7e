package io.penstock.bus.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.bus.kafka.KafkaRelay;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;

/** Measures relays and ingresses, if there is Micrometer and a registry. */
@AutoConfiguration(
        before = PenstockKafkaAutoConfiguration.class,
        after = PenstockAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass({MeterRegistry.class, KafkaRelay.class})
@ConditionalOnBean({MeterRegistry.class, PenstockProperties.class})
@ConditionalOnProperty(name = "penstock.metrics.enabled", matchIfMissing = true)
public class PenstockKafkaMetricsAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    MicrometerBridgeListener penstockMicrometerBridgeListener(MeterRegistry registry) {
        return new MicrometerBridgeListener(registry);
    }
}
