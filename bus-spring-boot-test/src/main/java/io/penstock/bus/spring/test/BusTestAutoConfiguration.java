package io.penstock.bus.spring.test;

import io.penstock.bus.EventBus;
import io.penstock.bus.EventCodec;
import io.penstock.bus.spring.PenstockAutoConfiguration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;

/** A {@link BusTester} for applications with a bus. */
@AutoConfiguration(after = PenstockAutoConfiguration.class)
@ConditionalOnBean({EventBus.class, EventCodec.class})
public class BusTestAutoConfiguration {

    @Bean
    Deliveries penstockDeliveries() {
        return new Deliveries();
    }

    @Bean
    HandlerScript penstockHandlerScript() {
        return new HandlerScript();
    }

    @Bean
    BusTester penstockBusTester(EventBus bus, EventCodec codec, Deliveries deliveries, HandlerScript script) {
        return new BusTester(bus, codec, deliveries, script);
    }

    /** The primary bus alone: consumers that the application subscribes by itself follow the script too. */
    @Bean
    static BeanPostProcessor penstockScripting(ObjectProvider<HandlerScript> script) {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return name.equals("penstockEventBus") && bean instanceof EventBus bus
                        ? new ScriptedEventBus(bus, script.getObject())
                        : bean;
            }
        };
    }
}
