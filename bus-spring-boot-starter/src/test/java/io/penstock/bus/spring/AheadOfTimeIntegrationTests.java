package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.Compiled;
import org.springframework.core.test.tools.TestCompiler;
import org.springframework.javapoet.ClassName;
import reactor.core.publisher.Mono;

@CompileWithForkedClassLoader
class AheadOfTimeIntegrationTests {

    private final TestGenerationContext generated = new TestGenerationContext();

    @Test
    void anApplicationThatWasProcessedAheadOfTimeStartsAndDelivers() {
        ClassName initializer = process();
        TestCompiler.forSystem().with(generated).compile(compiled -> startAndDeliver(compiled, initializer));
    }

    @Test
    void handlersAndEventTypesAreKnownToANativeImage() throws Exception {
        process();
        assertThat(RuntimeHintsPredicates.reflection()
                        .onMethodInvocation(Shop.class.getDeclaredMethod("ship", Event.class)))
                .accepts(generated.getRuntimeHints());
        assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(OrderPlaced.class.getDeclaredMethod("total")))
                .accepts(generated.getRuntimeHints());
        Resource[] scripts =
                new PathMatchingResourcePatternResolver().getResources("classpath*:io/penstock/bus/r2dbc/schema/*.sql");
        assertThat(scripts)
                .isNotEmpty()
                .allSatisfy(script -> assertThat(RuntimeHintsPredicates.resource()
                                .forResource("io/penstock/bus/r2dbc/schema/" + script.getFilename()))
                        .accepts(generated.getRuntimeHints()));
    }

    private ClassName process() {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        configure(context, Map.of("spring.r2dbc.url", "r2dbc:postgresql://localhost/postgres"));
        context.register(Shop.class);
        ClassName initializer = new ApplicationContextAotGenerator().processAheadOfTime(context, generated);
        generated.writeGeneratedContent();
        return initializer;
    }

    private static void startAndDeliver(Compiled compiled, ClassName initializer) {
        try (GenericApplicationContext context = new GenericApplicationContext()) {
            configure(context, TestServer.properties());
            generatedInitializer(compiled, initializer).initialize(context);
            context.refresh();
            context.publishEvent(
                    new ApplicationReadyEvent(new SpringApplication(), new String[0], context, Duration.ZERO));
            context.getBean(EventBus.class)
                    .publish(Event.of(new OrderPlaced("aot", 1)))
                    .block(App.PATIENCE);
            List<String> shipped = context.getBean(Shop.class).shipped;
            App.awaitThat(() -> shipped.contains("aot"));
        }
    }

    @SuppressWarnings("unchecked")
    private static ApplicationContextInitializer<GenericApplicationContext> generatedInitializer(
            Compiled compiled, ClassName initializer) {
        return compiled.getInstance(ApplicationContextInitializer.class, initializer.toString());
    }

    private static void configure(ConfigurableApplicationContext context, Map<String, Object> properties) {
        Map<String, Object> all = new HashMap<>(properties);
        all.put("penstock.schema", App.schema(AheadOfTimeIntegrationTests.class));
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", all));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        final List<String> shipped = new CopyOnWriteArrayList<>();

        @EventConsumer("shipping")
        Mono<Void> ship(Event<OrderPlaced> event) {
            return Mono.fromRunnable(() -> shipped.add(event.payload().orderId()));
        }
    }
}
