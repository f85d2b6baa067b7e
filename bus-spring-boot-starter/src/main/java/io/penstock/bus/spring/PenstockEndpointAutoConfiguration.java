package io.penstock.bus.spring;

import io.penstock.bus.EventBus;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The actuator endpoint, if it is exposed. */
@AutoConfiguration(after = PenstockConsumersAutoConfiguration.class)
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBean(EventBus.class)
@ConditionalOnAvailableEndpoint(PenstockEndpoint.class)
public class PenstockEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    PenstockEndpoint penstockEndpoint(EventBus bus) {
        return new PenstockEndpoint(bus);
    }
}
