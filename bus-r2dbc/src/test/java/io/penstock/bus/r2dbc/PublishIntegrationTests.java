package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** What a publish through each door stores, and when. */
class PublishIntegrationTests {

    private static final String ENDS = "^\\s*(BEGIN|START|COMMIT|ROLLBACK|END|SAVEPOINT)";

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final List<Event<RawJson>> delivered = new CopyOnWriteArrayList<>();

    @Test
    void dataAndEventOfACallersCommittedTransactionAreBothThereAndDelivered() {
        R2dbcEventBus bus = busWithTableAndConsumer();

        Publication publication = inCallersTransaction(
                connection -> insertRow(connection).then(bus.publish(connection, event("{}"))), true);
        publication.committed();

        awaitThat(() -> delivered.size() == 1 && fixture.count("inbox") == 0);
        assertThat(fixture.count("data")).isEqualTo(1);
        assertThat(fixture.count("outbox_event")).isEqualTo(1);
    }

    @Test
    void neitherDataNorEventOfACallersRolledBackTransactionIsThereAndNothingIsDelivered() {
        R2dbcEventBus bus = busWithTableAndConsumer();

        Publication publication = inCallersTransaction(
                connection -> insertRow(connection).then(bus.publish(connection, event("{}"))), false);
        publication.committed();
        bus.publish(event("{\"after\":1}")).block(PATIENCE);

        awaitThat(() -> delivered.size() == 1 && fixture.count("inbox") == 0);
        assertThat(delivered.get(0).payload().text()).isEqualTo("{\"after\":1}");
        assertThat(fixture.count("data")).isZero();
        assertThat(fixture.count("outbox_event")).isEqualTo(1);
    }

    @Test
    void aPublishCompletesAlsoForWhoRequestsNothing() {
        R2dbcEventBus bus = fixture.bus();

        StepVerifier.create(bus.publish(event("{}")), 0).expectComplete().verify(PATIENCE);

        assertThat(fixture.count("outbox_event")).isEqualTo(1);
    }

    @Test
    void dataAndEventOfABusTransactionAreBothThereAndDelivered() {
        R2dbcEventBus bus = busWithTableAndConsumer();

        String result = bus.inTransaction(tx -> insertRow(tx.connection())
                        .then(tx.publishAll(List.of(event("1"), event("2"))))
                        .thenReturn("done"))
                .block(PATIENCE);

        assertThat(result).isEqualTo("done");
        awaitThat(() -> delivered.size() == 2 && fixture.count("inbox") == 0);
        assertThat(fixture.count("data")).isEqualTo(1);
    }

    @Test
    void neitherDataNorEventOfAFailedBusTransactionIsThere() {
        R2dbcEventBus bus = busWithTableAndConsumer();

        Mono<Void> work = bus.inTransaction(tx -> insertRow(tx.connection())
                .then(tx.publish(event("{}")))
                .then(Mono.error(new IllegalStateException("the application failed"))));

        assertThatThrownBy(() -> work.block(PATIENCE)).hasMessage("the application failed");
        assertThat(fixture.count("data")).isZero();
        assertThat(fixture.count("outbox_event")).isZero();
        assertThat(fixture.count("inbox")).isZero();
    }

    @Test
    void neitherDataNorEventIsThereWhenTheWorkOfABusTransactionThrowsBeforeItReturns() {
        R2dbcEventBus bus = busWithTableAndConsumer();

        Mono<Void> work = bus.inTransaction(tx -> {
            throw new IllegalStateException("thrown, not emitted");
        });

        assertThatThrownBy(() -> work.block(PATIENCE)).hasMessage("thrown, not emitted");
        assertThat(fixture.count("outbox_event")).isZero();
        assertThat(fixture.application.getMetrics().get().acquiredSize()).isZero();
    }

    @Test
    void aCallersTransactionSeesExactlyOneStatementOfPenstockAndNothingElse() {
        R2dbcEventBus bus = busWithTableAndConsumer();
        fixture.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public");
        List<String> calls = new CopyOnWriteArrayList<>();

        fixture.execute("SELECT public.pg_stat_statements_reset()");
        inCallersTransaction(
                connection -> bus.publishAll(recording(connection, calls), List.of(event("1"), event("2"))), true);

        assertThat(calls).containsExactly("createStatement");
        assertThat(calls("query ~ 'INSERT INTO .*outbox_event'")).isEqualTo(1);
        assertThat(calls("query ~* '" + ENDS + "'"))
                .as("the BEGIN and the COMMIT of the caller")
                .isEqualTo(2);
    }

    @Test
    void aRepeatedIdFailsInACallersTransactionWhichGoesOn() {
        R2dbcEventBus bus = busWithTableAndConsumer();
        Event<RawJson> event = event("{}");
        bus.publish(event).block(PATIENCE);

        Throwable failure = inCallersTransaction(
                connection -> bus.publish(connection, event)
                        .<Throwable>map(stored -> new AssertionError("stored twice"))
                        .onErrorResume(Mono::just)
                        .flatMap(error -> insertRow(connection).thenReturn(error)),
                true);

        assertThat(failure)
                .isInstanceOfSatisfying(
                        DuplicateEventException.class,
                        duplicate -> assertThat(duplicate.eventId()).isEqualTo(event.id()));
        assertThat(fixture.count("data")).isEqualTo(1);
        assertThat(fixture.count("outbox_event")).isEqualTo(1);
    }

    @Test
    void anEmptyListIsPublishedWithoutHarm() {
        R2dbcEventBus bus = busWithTableAndConsumer();

        inCallersTransaction(connection -> bus.publishAll(connection, List.of()), true);

        assertThat(fixture.count("outbox_event")).isZero();
    }

    @Test
    void aPayloadsTextArrivesWithTheWhiteSpaceAroundIt() {
        R2dbcEventBus bus = busWithTableAndConsumer();
        List<String> texts = List.of("{\"a\":1}", "\n\t{ \"a\" : 1 } \r\n", " null", "[1]");

        bus.publishAll(Flux.fromIterable(texts).map(text -> Event.of("order.placed", new RawJson(text))))
                .then()
                .block(PATIENCE);

        awaitThat(() -> delivered.size() == texts.size());
        assertThat(delivered)
                .extracting(event -> ((RawJson) event.payload()).text())
                .containsExactlyInAnyOrderElementsOf(texts);
    }

    @Test
    void everyAttributeOfAnEventArrivesAsItWasPublished() {
        R2dbcEventBus bus = busWithTableAndConsumer();
        Instant time = Instant.parse("2026-02-03T04:05:06.789012Z");
        Event<RawJson> full = Event.builder("order.placed", new RawJson("{ \"b\" : 1.50, \"a\":[ 2 ] }"))
                .id(UUID.fromString("0190a3c4-5d6e-7f80-8123-456789abcdef"))
                .version(7)
                .source("shop")
                .aggregate("order", "o-1")
                .key("customer/42")
                .header("tenant", "blue")
                .correlationId("corr-1")
                .causationId("cause-1")
                .occurredAt(time)
                .deliverAt(time.plusSeconds(1))
                .expiresAt(Instant.parse("2999-01-01T00:00:00Z"))
                .build();

        bus.publish(full).block(PATIENCE);

        awaitThat(() -> delivered.size() == 1);
        assertThat(delivered.get(0)).usingRecursiveComparison().isEqualTo(full);
    }

    @Test
    void whatAnEventLeavesOutIsFilledIn() {
        R2dbcEventBus bus = busWithTableAndConsumer();
        Event<RawJson> bare = Event.of("order.placed", new RawJson("null"));

        bus.publish(bare).block(PATIENCE);

        awaitThat(() -> delivered.size() == 1);
        Event<RawJson> seen = delivered.get(0);
        assertThat(bare.id().version()).isEqualTo(7);
        assertThat(seen.id()).isEqualTo(bare.id());
        assertThat(seen.source()).isEqualTo("penstock");
        assertThat(seen.payload().text()).isEqualTo("null");
        assertThat(seen.occurredAt()).isEqualTo(bare.occurredAt());
        assertThat(seen.key()).isNull();
        assertThat(seen.aggregateType()).isNull();
        assertThat(seen.headers()).isEmpty();
        assertThat(seen.expiresAt()).isNull();
    }

    @Test
    void anEventIsStoredOnceForEachConsumerOfItsTypeAndForNoOther() {
        R2dbcEventBus bus = busWithTableAndConsumer();
        bus.subscribe(ConsumerSpec.named("exact").on("order.placed").handle(event -> Mono.never()))
                .block(PATIENCE);
        bus.subscribe(ConsumerSpec.named("prefix").on("order.*").handle(event -> Mono.never()))
                .block(PATIENCE);
        bus.subscribe(ConsumerSpec.named("other")
                        .on("order_placed", "orderXplaced")
                        .handle(event -> Mono.never()))
                .block(PATIENCE);

        bus.publish(event("{}")).block(PATIENCE);

        awaitThat(() -> delivered.size() == 1);
        assertThat(owedTo("exact")).isEqualTo(1);
        assertThat(owedTo("prefix")).isEqualTo(1);
        assertThat(owedTo("other")).isZero();
    }

    private R2dbcEventBus busWithTableAndConsumer() {
        R2dbcEventBus bus = fixture.bus(options -> options.grace(Duration.ZERO));
        fixture.execute("CREATE TABLE " + fixture.schema() + ".data (n int)");
        fixture.subscribe(
                bus,
                ConsumerSpec.named("audit").on("*").handle(event -> Mono.fromRunnable(() -> delivered.add(event))));
        return bus;
    }

    private Mono<Long> insertRow(Connection connection) {
        return Database.changed(connection, "INSERT INTO " + fixture.schema() + ".data VALUES (1)", s -> {});
    }

    private <T> T inCallersTransaction(Function<Connection, Mono<T>> work, boolean commit) {
        return Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(work.apply(connection))
                                .flatMap(result -> Mono.from(
                                                commit
                                                        ? connection.commitTransaction()
                                                        : connection.rollbackTransaction())
                                        .thenReturn(result)),
                        Connection::close)
                .block(PATIENCE);
    }

    private long owedTo(String consumer) {
        return fixture.count(
                "inbox JOIN %s.consumer ON id = consumer_id WHERE name = '%s'".formatted(fixture.schema(), consumer));
    }

    private long calls(String which) {
        return fixture.one(
                "SELECT coalesce(sum(calls), 0)::int8 AS n FROM public.pg_stat_statements WHERE " + which,
                row -> row.get("n", Long.class));
    }

    private static Event<RawJson> event(String json) {
        return Event.of("order.placed", new RawJson(json));
    }

    /** The same connection, noting each method that is called on it. */
    private static Connection recording(Connection connection, List<String> calls) {
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
