package io.penstock.bus.spring.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.penstock.bus.spring.EventConsumer;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class ContextsIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void contextsSideBySideAndOneAfterAnotherHaveADatabaseEach() {
        CompletableFuture<ConfigurableApplicationContext> starting = CompletableFuture.supplyAsync(this::start);
        try (ConfigurableApplicationContext one = start();
                ConfigurableApplicationContext other = starting.join()) {
            tester(one).publish(new BusTesterIntegrationTests.OrderPlaced("1"));
            tester(one).awaitQuiet();
            tester(other).awaitQuiet();
            assertThat(tester(one).delivered("shipping")).hasSize(1);
            assertThat(tester(other).delivered("shipping")).isEmpty();
        }
        try (ConfigurableApplicationContext again = start()) {
            tester(again).publish(new BusTesterIntegrationTests.OrderPlaced("2"));
            tester(again).awaitQuiet();
            assertThat(tester(again).delivered("shipping")).hasSize(1);
        }
    }

    @Test
    void whatAnotherNodeHandlesIsWaitedForToo() {
        Sinks.Empty<Void> begun = Sinks.empty();
        Sinks.Empty<Void> goOn = Sinks.empty();
        try (ConfigurableApplicationContext node = start("penstock.lease=1s")) {
            R2dbcEventBus other = R2dbcEventBus.create(
                    node.getBean(ConnectionFactory.class),
                    BusOptions.builder().lease(Duration.ofSeconds(1)).build());
            other.start().block(PATIENCE);
            other.subscribe(ConsumerSpec.named("shipping").on("order.placed").handle(event -> {
                        begun.tryEmitEmpty();
                        return goOn.asMono();
                    }))
                    .block(PATIENCE);
            Mono.fromRunnable(() -> tester(node).publish(new BusTesterIntegrationTests.OrderPlaced("1")))
                    .repeat()
                    .takeUntilOther(begun.asMono())
                    .blockLast(PATIENCE);
            assertThatThrownBy(() -> tester(node).awaitQuiet(Duration.ofMillis(50)))
                    .hasMessageContaining("Not quiet");
            goOn.tryEmitEmpty();
            tester(node).awaitQuiet();
            other.close().block(PATIENCE);
        }
    }

    @Test
    void aConnectionFactoryOfTheTestsOwnStartsNoServer() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(EmbeddedPostgresAutoConfiguration.class))
                .withBean(
                        ConnectionFactory.class,
                        () -> ConnectionFactories.get("r2dbc:postgresql://own:own@localhost/own"))
                .run(context -> assertThat(context).doesNotHaveBean(R2dbcConnectionDetails.class));
    }

    private ConfigurableApplicationContext start(String... properties) {
        return new SpringApplicationBuilder(Shop.class)
                .web(WebApplicationType.NONE)
                .properties(properties)
                .run();
    }

    private static BusTester tester(ConfigurableApplicationContext context) {
        return context.getBean(BusTester.class);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @EventConsumer("shipping")
        Mono<Void> ship(BusTesterIntegrationTests.OrderPlaced order) {
            return Mono.empty();
        }
    }
}
