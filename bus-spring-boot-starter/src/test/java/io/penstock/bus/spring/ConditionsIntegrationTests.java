package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.context.ContextRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.penstock.bus.BusListener;
import io.penstock.bus.EventBus;
import io.penstock.bus.EventLimits;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.kafka.KafkaRelay;
import io.penstock.bus.r2dbc.BusOptions;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The beans alone: no application becomes ready here, so no consumer starts. */
class ConditionsIntegrationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    R2dbcAutoConfiguration.class,
                    PenstockAutoConfiguration.class,
                    PenstockConsumersAutoConfiguration.class,
                    PenstockMetricsAutoConfiguration.class,
                    PenstockObservationAutoConfiguration.class,
                    PenstockHealthAutoConfiguration.class,
                    PenstockEndpointAutoConfiguration.class,
                    PenstockKafkaAutoConfiguration.class))
            .withPropertyValues(
                    "spring.r2dbc.url=" + TestServer.url(),
                    "spring.r2dbc.username=postgres",
                    "spring.r2dbc.password=postgres",
                    "penstock.schema=conditionstests",
                    "management.endpoints.web.exposure.include=*");

    @Test
    void eachConcernIsThereWithItsLibrary() {
        runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(ObservationRegistry.class, ObservationRegistry::create)
                .run(context -> assertThat(context)
                        .hasSingleBean(MicrometerBusListener.class)
                        .hasSingleBean(ConsumerGauges.class)
                        .hasSingleBean(ObservationTracing.class)
                        .hasSingleBean(ReactiveHealthIndicator.class)
                        .hasSingleBean(PenstockEndpoint.class)
                        .hasSingleBean(KafkaBridges.class));
    }

    @Test
    void eachConcernIsAbsentWithoutItsLibrary() {
        runner.withClassLoader(new FilteredClassLoader(
                        MeterRegistry.class,
                        ObservationRegistry.class,
                        ContextRegistry.class,
                        KafkaRelay.class,
                        ReactiveHealthIndicator.class,
                        Endpoint.class))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasBean("penstockEventBus")
                        .doesNotHaveBean("penstockMicrometerBusListener")
                        .doesNotHaveBean("penstockConsumerGauges")
                        .doesNotHaveBean("penstockTracing")
                        .doesNotHaveBean("penstockLoggingContext")
                        .doesNotHaveBean("penstockHealthIndicator")
                        .doesNotHaveBean("penstockEndpoint")
                        .doesNotHaveBean("penstockKafkaBridges"));
    }

    @Test
    void eachConcernIsSwitchedOffByItsProperty() {
        runner.withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean(ObservationRegistry.class, ObservationRegistry::create)
                .withPropertyValues(
                        "penstock.metrics.enabled=false",
                        "penstock.tracing.enabled=false",
                        "management.health.penstock.enabled=false",
                        "management.endpoint.penstock.access=NONE")
                .run(context -> assertThat(context)
                        .doesNotHaveBean(MicrometerBusListener.class)
                        .doesNotHaveBean(ConsumerGauges.class)
                        .doesNotHaveBean(Tracing.class)
                        .doesNotHaveBean(ReactiveHealthIndicator.class)
                        .doesNotHaveBean(PenstockEndpoint.class));
    }

    @Test
    void everythingIsOffWithTheBus() {
        runner.withPropertyValues("penstock.enabled=false")
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(EventBus.class)
                        .doesNotHaveBean(ConsumerGauges.class)
                        .doesNotHaveBean(PenstockEndpoint.class));
    }

    @Test
    void theDefaultsOfThePropertiesAreThoseOfTheBus() {
        runner.run(context -> {
            BusOptions ours = context.getBean(BusOptions.class);
            BusOptions theirs = BusOptions.DEFAULTS;
            assertThat(ours)
                    .usingRecursiveComparison()
                    .ignoringFields("schema", "node", "codec", "listener", "grace")
                    .isEqualTo(theirs);
            assertThat(ours.limits()).isEqualTo(EventLimits.DEFAULTS);
        });
    }

    @Test
    void beansOfTheApplicationReplaceThoseOfTheStarter() {
        BusListener own = new BusListener() {};
        BusOptions options = BusOptions.builder().schema("conditionstests").build();
        runner.withBean("codec", JacksonEventCodec.class, JacksonEventCodec::create)
                .withBean("own", BusListener.class, () -> own)
                .withBean(BusOptions.class, () -> options)
                .run(context -> {
                    assertThat(context).hasSingleBean(JacksonEventCodec.class);
                    assertThat(context.getBean(BusOptions.class)).isSameAs(options);
                });
    }

    @Test
    void twoConnectionFactoriesOfWhichNoneIsPrimaryGiveNoBus() {
        runner.withBean("one", ConnectionFactory.class, ConditionsIntegrationTests::connections)
                .withBean("two", ConnectionFactory.class, ConditionsIntegrationTests::connections)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(EventBus.class));
    }

    @Test
    void aPropertyOutOfItsRangeIsNamedWithWhatIsAllowed() {
        assertThat(analysis("penstock.poll-interval=1ms"))
                .extracting(FailureAnalysis::getDescription, FailureAnalysis::getAction)
                .asString()
                .contains("penstock.poll-interval is PT0.001S, allowed are PT0.01S to PT24H")
                .contains("Give penstock.poll-interval a value that is allowed");
        assertThat(analysis("penstock.limits.max-payload=3GB").getDescription())
                .contains("penstock.limits.max-payload is 3221225472B, allowed are 1B to 2047MB");
        assertThat(analysis("penstock.schema=pg_mine").getDescription()).contains("penstock.schema is 'pg_mine'");
    }

    private FailureAnalysis analysis(String property) {
        FailureAnalysis[] found = new FailureAnalysis[1];
        runner.withPropertyValues(property)
                .run(context -> found[0] = new PropertyRefusedFailureAnalyzer().analyze(context.getStartupFailure()));
        return found[0];
    }

    private static ConnectionFactory connections() {
        return ConnectionFactories.get(TestServer.url().replace("//", "//postgres:postgres@"));
    }
}
