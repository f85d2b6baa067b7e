package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.SchemaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** The schema comes into being once, under any name, and nowhere else. */
class SchemaIntegrationTests {

    private static final RetryPolicy AT_ONCE =
            RetryPolicy.attempts(3).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1));

    private static final String OUTSIDE = """
            SELECT nspname || '.' || relname AS thing FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
             WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1
            """;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void migratingAgainChangesNothing() {
        fixture.bus();
        String applied = "SELECT string_agg(version || file || applied_at, ',') AS v FROM %s.schema_version"
                .formatted(fixture.schema());
        String first = fixture.one(applied, row -> row.get("v", String.class));

        fixture.bus();

        String second = fixture.one(applied, row -> row.get("v", String.class));
        assertThat(second).isEqualTo(first);
        assertThat(fixture.count("schema_version")).isEqualTo(1);
    }

    @Test
    void eightNodesThatMigrateAtOnceAllSucceed() {
        List<R2dbcEventBus> buses = Flux.range(0, 8)
                .map(i -> R2dbcEventBus.create(
                        TestServer.connections(),
                        fixture.options().connections(2).build()))
                .collectList()
                .block(PATIENCE);

        Flux.fromIterable(buses)
                .flatMap(bus -> bus.start().subscribeOn(Schedulers.boundedElastic()), 8)
                .blockLast(PATIENCE);
        Flux.fromIterable(buses).flatMap(R2dbcEventBus::close).blockLast(PATIENCE);

        assertThat(fixture.count("schema_version")).isEqualTo(1);
    }

    @Test
    void validatingNamesTheVersionThatIsMissing() {
        verifyValidationFails();
        fixture.execute("CREATE SCHEMA " + fixture.schema());
        verifyValidationFails();

        fixture.bus();
        fixture.bus(options -> options.schemaMode(SchemaMode.VALIDATE));

        fixture.execute("DELETE FROM " + fixture.schema() + ".schema_version");
        verifyValidationFails();
    }

    @Test
    void validatingCreatesNothingAndNoneLooksAtNothing() {
        List<String> before = fixture.all(OUTSIDE, row -> row.get("thing", String.class));

        verifyValidationFails();
        R2dbcEventBus bus = fixture.bus(options -> options.schemaMode(SchemaMode.NONE));

        assertThat(fixture.all(OUTSIDE, row -> row.get("thing", String.class))).isEqualTo(before);
        StepVerifier.create(bus.publish(Event.of("order.placed", Map.of())))
                .expectError(SchemaException.class)
                .verify(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPPER",
                "with space",
                "with-dash",
                "select",
                "user",
                "größe",
                "注文",
                "_",
                "a b-c_D 1",
                "x23456789012345678901234567890123456789012345678901234567890123"
            })
    void everyValidNameCarriesAnEventThroughAndLeavesNothingOutside(String name) {
        String quoted = '"' + name + '"';
        fixture.execute("DROP SCHEMA IF EXISTS " + quoted + " CASCADE");
        List<String> before = fixture.all(OUTSIDE, row -> row.get("thing", String.class));
        R2dbcEventBus bus = fixture.bus(options -> options.schema(name));
        try {
            AtomicInteger handled = new AtomicInteger();
            bus.subscribe(ConsumerSpec.named("c")
                            .on("*")
                            .ordered()
                            .retry(AT_ONCE)
                            .handle(event -> handled.incrementAndGet() == 1
                                    ? Mono.error(new IllegalStateException("once"))
                                    : Mono.empty()))
                    .block(PATIENCE);
            bus.publish(Event.of("order.placed", Map.of())).block(PATIENCE);
            awaitThat(() ->
                    handled.get() == 2 && bus.stats().block(PATIENCE).of("c").backlog() == 0);
            bus.retire().block(PATIENCE);
            bus.close().block(PATIENCE);

            List<String> after = fixture.all(OUTSIDE, row -> row.get("thing", String.class));
            assertThat(after).hasSizeGreaterThan(before.size() + 10);
            assertThat(after.stream().filter(thing -> !thing.startsWith(name + ".")))
                    .containsExactlyElementsOf(before);
            assertThat(fixture.listener.failures).isEmpty();
        } finally {
            bus.close().block(PATIENCE);
            fixture.execute("DROP SCHEMA IF EXISTS " + quoted + " CASCADE");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1st",
                "a\"b",
                "a;b",
                "a'b",
                "a.b",
                "a\0b",
                "a\nb",
                "pg_x",
                "a$b",
                "a\\b",
                "${schema}",
                "a--b;",
                "x234567890123456789012345678901234567890123456789012345678901234",
                "ääääääääääääääääääääääääääääääää"
            })
    void aHostileNameIsRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> fixture.options().schema(name).build())
                .withMessageContaining("schema is '")
                .withMessageContaining("at most 63 bytes");
    }

    @Test
    void theFileRunsByItselfWithThePlaceholderReplaced() throws IOException {
        String schema = fixture.schema();
        fixture.execute("CREATE SCHEMA " + schema);
        try (InputStream file = SchemaMigrator.class.getResourceAsStream("schema/V001__bus.sql")) {
            fixture.execute(new String(file.readAllBytes(), StandardCharsets.UTF_8).replace("${schema}", schema));
        }
        R2dbcEventBus bus = fixture.bus(options -> options.schemaMode(SchemaMode.NONE));
        AtomicInteger handled = new AtomicInteger();
        fixture.subscribe(
                bus, ConsumerSpec.named("c").on("*").handle(event -> Mono.fromRunnable(handled::incrementAndGet)));

        bus.publish(Event.of("order.placed", Map.of())).block(PATIENCE);

        awaitThat(() -> handled.get() == 1 && fixture.count("inbox") == 0);
    }

    private void verifyValidationFails() {
        R2dbcEventBus bus = R2dbcEventBus.create(
                fixture.application,
                fixture.options().schemaMode(SchemaMode.VALIDATE).build());
        StepVerifier.create(bus.start())
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(SchemaException.class)
                        .hasMessageContaining(fixture.schema())
                        .hasMessageContaining("is at version 0")
                        .hasMessageContaining("needs 1")
                        .hasMessageContaining("V001__bus.sql"))
                .verify(PATIENCE);
        bus.close().block(PATIENCE);
    }
}
