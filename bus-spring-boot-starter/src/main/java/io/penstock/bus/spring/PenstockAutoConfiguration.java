package io.penstock.bus.spring;

import io.penstock.bus.BusListener;
import io.penstock.bus.EventBus;
import io.penstock.bus.EventCodec;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.LoggingBusListener;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.ConnectionFactory;
import java.util.Set;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcTransactionManagerAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;

/** The bus on the application's connection factory. Every bean can be replaced; a bus of the application's own, all. */
@AutoConfiguration(after = {R2dbcAutoConfiguration.class, R2dbcTransactionManagerAutoConfiguration.class})
@ConditionalOnSingleCandidate(ConnectionFactory.class)
@ConditionalOnProperty(name = "penstock.enabled", matchIfMissing = true)
@ConditionalOnMissingBean(value = EventBus.class, ignored = R2dbcEventBus.class)
@EnableConfigurationProperties(PenstockProperties.class)
public class PenstockAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    EventCodec penstockEventCodec(ObjectProvider<EventCodecCustomizer> customizers) {
        JacksonEventCodec.Builder codec = JacksonEventCodec.builder();
        customizers.orderedStream().forEach(customizer -> customizer.customize(codec));
        return codec.build();
    }

    @Bean
    @ConditionalOnMissingBean
    LoggingBusListener penstockLoggingBusListener() {
        return new LoggingBusListener();
    }

    @Bean
    @ConditionalOnMissingBean
    BusOptions penstockBusOptions(PenstockProperties properties, EventCodec codec, Environment environment) {
        return new BusOptionsBinding(properties).options(environment.getProperty("spring.application.name"), codec);
    }

    @Bean
    @ConditionalOnMissingBean
    R2dbcEventBus penstockR2dbcEventBus(
            ConnectionFactory application, BusOptions options, ObjectProvider<BusListener> listeners) {
        BusListener all = CompositeBusListener.of(
                options.listener(), listeners.orderedStream().toList());
        return R2dbcEventBus.create(TransactionManagers.target(application), options.withListener(all));
    }

    @Bean
    @Primary
    EventBus penstockEventBus(
            R2dbcEventBus bus,
            ConnectionFactory application,
            ListableBeanFactory beans,
            PenstockProperties properties,
            ObjectProvider<Tracing> tracing,
            ObjectProvider<HandlerTimes> times) {
        Set<ConnectionFactory> joined =
                TransactionManagers.joined(application, beans.getBeansOfType(R2dbcTransactionManager.class));
        return new SpringEventBus(
                bus,
                joined,
                new ConsumerSettings(properties.consumers()),
                tracing.getIfAvailable(() -> Tracing.NONE),
                times.getIfAvailable(() -> HandlerTimes.NONE));
    }

    @Bean
    BusLifecycle penstockBusLifecycle(R2dbcEventBus bus, PenstockProperties properties) {
        return new BusLifecycle(bus, properties.startTimeout());
    }
}
