package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.Outcome;
import io.penstock.bus.RawJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class SpringBootDocumentTests {

    private static final Path DOCUMENT = Path.of("..", "docs", "spring-boot.md");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java[^\\n]*\\n(.*?)^```");
    private static final Pattern PROPERTY =
            Pattern.compile("\"name\": \"(penstock\\.[a-z.-]+)\",\\s+\"type\": \"(?!io\\.)");
    private static final List<Path> SOURCES = List.of(
            Path.of("src/test/java/io/penstock/bus/spring/SpringBootSnippets.java"),
            Path.of(
                    "../bus-spring-boot-test/src/test/java/io/penstock/bus/spring/test/BusTesterIntegrationTests.java"));

    @Test
    void everyJavaBlockIsCodeThatIsCompiled() throws IOException {
        String code = Files.readString(SOURCES.get(0)) + Files.readString(SOURCES.get(1));
        List<String> blocks =
                BLOCK.matcher(document()).results().map(match -> match.group(1)).toList();
        assertThat(blocks).hasSize(3).allSatisfy(block -> assertThat(code).contains(block));
    }

    @Test
    void everyPropertyIsInTheTable() throws IOException {
        List<String> properties = PROPERTY.matcher(metadata())
                .results()
                .map(match -> match.group(1))
                .toList();
        String document = document();
        assertThat(properties)
                .hasSizeGreaterThan(20)
                .allSatisfy(property -> assertThat(document).contains("| `" + property + "` |"));
    }

    @Test
    void everyMeterIsInTheTable() throws IOException {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        MicrometerBusListener listener = new MicrometerBusListener(registry);
        Delivery delivery = new Delivery("shipping", Event.of("order.placed", new RawJson("{}")), 1, "node");
        listener.started(delivery);
        listener.completed(delivery, Duration.ofMillis(1));
        listener.retried(delivery, new Outcome.Retry(Duration.ZERO, null, new IllegalStateException()));
        listener.leased("shipping", List.of(1));
        new ConsumerGauges(null, registry, Duration.ofSeconds(1)).show(ConsumerGaugesTests.stats("shipping"));
        new MicrometerHandlerTimes(registry).of("shipping", Mono.empty()).block();
        String document = document();
        assertThat(registry.getMeters())
                .hasSizeGreaterThan(11)
                .extracting(Meter::getId)
                .allSatisfy(id -> assertThat(document).contains("`" + id.getName() + "`"));
    }

    private static String document() throws IOException {
        return Files.readString(DOCUMENT);
    }

    private static String metadata() throws IOException {
        try (InputStream metadata =
                PenstockProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            return new String(metadata.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
