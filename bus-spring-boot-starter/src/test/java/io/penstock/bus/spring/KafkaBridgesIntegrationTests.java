package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.kafka.RelayOptions;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Without a broker: what the relay owes, it owes from its registration on. */
class KafkaBridgesIntegrationTests {

    @Test
    void aBeanOfRelayOptionsIsARelayThatRunsWithTheApplication() {
        try (App app = App.run(getClass(), Shop.class)) {
            assertThat(app.stats("to-kafka").running()).isTrue();
            app.publish(new OrderPlaced("1", 1));
            assertThat(app.stats("to-kafka").backlog()).isPositive();
        }
        try (App again = App.run(getClass(), Shop.class, "penstock.start-consumers=false")) {
            assertThat(again.stats("to-kafka").running()).isFalse();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        RelayOptions toKafka() {
            return RelayOptions.builder("to-kafka", "order.*")
                    .bootstrapServers("localhost:1")
                    .build();
        }
    }
}
