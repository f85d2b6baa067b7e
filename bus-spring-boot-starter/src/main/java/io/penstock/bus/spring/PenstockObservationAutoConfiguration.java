package io.penstock.bus.spring;

import io.micrometer.context.ContextRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Traces events, if there is Micrometer Observation, and brings the logging context to other threads. */
@AutoConfiguration(
        before = PenstockAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnProperty(name = "penstock.enabled", matchIfMissing = true)
public class PenstockObservationAutoConfiguration {

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ObservationRegistry.class)
    @ConditionalOnProperty(name = "penstock.tracing.enabled", matchIfMissing = true)
    static class Traces {

        @Bean
        @ConditionalOnBean(ObservationRegistry.class)
        @ConditionalOnMissingBean
        Tracing penstockTracing(ObservationRegistry registry) {
            return new ObservationTracing(registry);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ContextRegistry.class)
    static class Logs {

        @Bean
        InitializingBean penstockLoggingContext() {
            return () -> ContextRegistry.getInstance()
                    .registerThreadLocalAccessor(new LoggingContextAccessor())
                    .registerThreadLocalAccessor(new DeliveryAccessor());
        }
    }
}
