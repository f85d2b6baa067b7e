package io.penstock.bus.spring;

import io.penstock.bus.EventBus;
import io.penstock.bus.kafka.IngressOptions;
import io.penstock.bus.kafka.KafkaBridgeListener;
import io.penstock.bus.kafka.KafkaRelay;
import io.penstock.bus.kafka.RelayOptions;
import java.util.stream.Collectors;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * Runs a relay for each bean of {@link RelayOptions} and an ingress for each of {@link IngressOptions}; beans of {@link
 * KafkaBridgeListener} are told by all of them, besides the listeners of the options.
 */
@AutoConfiguration(after = PenstockConsumersAutoConfiguration.class)
@ConditionalOnClass(KafkaRelay.class)
@ConditionalOnBean({EventBus.class, PenstockProperties.class})
public class PenstockKafkaAutoConfiguration {

    @Bean
    RelayNames penstockRelayNames(ObjectProvider<RelayOptions> relays) {
        return new RelayNames(relays.stream().map(RelayOptions::name).collect(Collectors.toUnmodifiableSet()));
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty(name = "penstock.start-consumers", matchIfMissing = true)
    KafkaBridges penstockKafkaBridges(
            ApplicationContext context,
            EventBus bus,
            ObjectProvider<RelayOptions> relays,
            ObjectProvider<IngressOptions> ingresses,
            ObjectProvider<KafkaBridgeListener> listeners,
            PenstockProperties properties) {
        return new KafkaBridges(
                context,
                bus,
                relays.orderedStream().toList(),
                ingresses.orderedStream().toList(),
                listeners.orderedStream().toList(),
                new ConsumerSettings(properties.consumers()),
                properties.startTimeout());
    }
}
