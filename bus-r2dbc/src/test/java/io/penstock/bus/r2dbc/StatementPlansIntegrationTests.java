package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcBadGrammarException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/**
 * The planner's statistics of an inbox are never right, so no statement may leave it the choice between looking rows up
 * and reading a table from its beginning. What it does where it must not look up one by one, and where it has no
 * statistics, shows whether there is one.
 */
class StatementPlansIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String MERGE = "Merge Cond";

    /** What these touch of the inbox is in an array, so that it does not matter how they join it. */
    private static final Set<String> BOUNDED = Set.of(
            "DeadLetterQueue.DISCARD",
            "DeadLetterQueue.REDRIVE",
            "Settlement.FAIL",
            "StrandedKeys.FREE",
            "Suspects.TAKE_BACK");

    private static final Set<String> PARTS = Set.of(
            "Claims.WITH_EVENTS",
            "DeadLetterQueue.MEANT",
            "OutboxBatch.OWE",
            "OutboxBatch.STORE",
            "SchemaMigrator.VERSION_TABLE");

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private Database database;

    @BeforeEach
    void consumer() {
        fixture.subscribe(fixture.bus(), ConsumerSpec.named("c").on("done").handle(event -> Mono.empty()))
                .unsubscribe()
                .block(PATIENCE);
        database = new Database(TestServer.connections(), new SchemaName(fixture.schema()), 1);
    }

    @AfterEach
    void close() {
        database.close().block(PATIENCE);
    }

    @Test
    void onlyWhatIsMeantToReadsOneTableAlongAnother() throws Exception {
        Map<String, String> merged = plans("SET enable_nestloop = off");

        merged.values().removeIf(plan -> !plan.contains(MERGE));

        assertThat(merged)
                .containsOnlyKeys(Stream.concat(Stream.of("Claims.READY_ALONG"), BOUNDED.stream())
                        .toList());
    }

    /** All that a consumer owes in one state may be a million rows. */
    @Test
    void withoutStatisticsTheInboxIsEnteredByPositionOrUpToALimit() throws Exception {
        Map<String, String> plans = plans("SET enable_nestloop = on");

        plans.values().removeIf(plan -> entriesOfTheInbox(plan).allMatch(StatementPlansIntegrationTests::isNarrow));

        // What nobody owns any more, or a consumer that gives up its order, goes as a whole.
        assertThat(plans).containsOnlyKeys("Retention.OWNERLESS");
    }

    /** The nodes that read the inbox by its primary key, each with what is above and below it. */
    private static Stream<List<String>> entriesOfTheInbox(String plan) {
        List<String> lines = plan.lines().toList();
        return IntStream.range(0, lines.size())
                .filter(at -> lines.get(at).contains("using inbox_pkey"))
                .mapToObj(at -> List.of(
                        lines.get(at),
                        at + 1 < lines.size() ? lines.get(at + 1) : "",
                        at > 0 ? lines.get(at - 1) : "",
                        at > 1 ? lines.get(at - 2) : ""));
    }

    private static boolean isNarrow(List<String> entry) {
        boolean byConsumer = entry.get(1).contains("Index Cond") && entry.get(1).contains("consumer_id");
        boolean bySeq = entry.get(1).contains("(seq ");
        boolean limited = entry.get(2).contains("Limit") || entry.get(3).contains("Limit");
        return byConsumer && (bySeq || limited);
    }

    /** Of all statements; a part of one has none. */
    private Map<String, String> plans(String setting) throws Exception {
        Map<String, String> plans = new TreeMap<>();
        Set<String> parts = new TreeSet<>();
        statements()
                .forEach((name, sql) ->
                        plan(setting, sql).ifPresentOrElse(plan -> plans.put(name, plan), () -> parts.add(name)));
        assertThat(parts).isEqualTo(PARTS);
        return plans;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "VACUUM ANALYZE %1$s.inbox", "VACUUM ANALYZE %1$s.outbox_event"})
    void whatIsMeantToDoesSoWhateverThePlannerKnows(String before) {
        if (!before.isEmpty()) {
            fixture.execute(before.formatted(fixture.schema()));
        }
        fixture.execute("INSERT INTO %1$s.outbox_event (id, key_hash, occurred_at, version, type, source, payload)"
                        .formatted(fixture.schema())
                + " SELECT gen_random_uuid(), n, now(), 1, 'done', 'test', '{}' FROM generate_series(1, 3000) AS n");
        fixture.execute(("INSERT INTO %1$s.inbox (consumer_id, seq, key_hash, partition)"
                        + " SELECT consumer.id, seq, key_hash, 0 FROM %1$s.outbox_event CROSS JOIN %1$s.consumer")
                .formatted(fixture.schema()));

        String plan = database.with(connection -> plan(connection, Claims.READY_ALONG))
                .block(PATIENCE);

        assertThat(plan).contains(MERGE, "((seq > $2) AND (seq <= $8))").doesNotContain("Sort");
    }

    @Test
    void rowsInMemoryAreLeftOutByHash() {
        assertThat(Stream.of(Claims.READY, Claims.READY_ALONG, Claims.READY_BY_KEY))
                .extracting(claim ->
                        database.with(connection -> plan(connection, claim)).block(PATIENCE))
                .allSatisfy(plan -> assertThat(plan).contains("seq = (hashed SubPlan"));
    }

    private Optional<String> plan(String setting, String sql) {
        return database.with(connection ->
                        Database.changed(connection, setting, statement -> {}).then(plan(connection, sql)))
                .onErrorResume(R2dbcBadGrammarException.class, error -> Mono.empty())
                .blockOptional(PATIENCE);
    }

    /** As that of a prepared statement of the bus. */
    private Mono<String> plan(Connection connection, String sql) {
        // Quoted, because the driver would want to bind its parameters.
        String explain = """
                DO $do$
                DECLARE line text; plan text := '';
                BEGIN
                    FOR line IN EXECUTE $sql$ EXPLAIN (GENERIC_PLAN) %s $sql$ LOOP
                        plan := plan || line || chr(10);
                    END LOOP;
                    PERFORM set_config('test.plan', plan, false);
                END $do$
                """.formatted(database.sql(sql));
        return Database.changed(connection, explain, statement -> {})
                .thenMany(Database.rows(
                        connection,
                        "SELECT current_setting('test.plan')",
                        statement -> {},
                        row -> row.get(0, String.class)))
                .single()
                .map(Objects::requireNonNull);
    }

    private static Map<String, String> statements() throws Exception {
        Map<String, String> statements = new TreeMap<>();
        for (Class<?> owner : classes()) {
            for (Field field : owner.getDeclaredFields()) {
                if (field.getType() == String.class && Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    String text = String.valueOf(field.get(null));
                    if (text.contains("${schema}.")) {
                        statements.put(owner.getSimpleName() + "." + field.getName(), text);
                    }
                }
            }
        }
        return statements;
    }

    private static List<Class<?>> classes() throws IOException, URISyntaxException {
        Path root = Path.of(Database.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files =
                Files.list(root.resolve(Database.class.getPackageName().replace('.', '/')))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class"))
                    .<Class<?>>map(name -> load(name.substring(0, name.length() - ".class".length())))
                    .toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(Database.class.getPackageName() + "." + name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
