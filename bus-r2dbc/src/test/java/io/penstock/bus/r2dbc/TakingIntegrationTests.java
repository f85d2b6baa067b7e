package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventCodec;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Wrapped;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A handler's transaction begins with the statement that takes its rows, where the connection keeps that prepared. */
class TakingIntegrationTests {

    private static final String PREPARED =
            "SELECT count(*) AS n FROM pg_prepared_statements WHERE name LIKE 'penstock_take%'";
    private static final int EVENTS = 20;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    // One connection, so that what is done to it meets all.
    private final ConnectionPool application = TestServer.pool(1);
    private final List<Long> prepared = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        application.disposeLater().block(PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isPreparedOnceOnAConnection(boolean inBatches) {
        R2dbcEventBus bus = fixture.bus(application, fixture.options().build());
        fixture.subscribe(bus, consumer(inBatches, TakingIntegrationTests::preparedStatements));

        publish(bus, EVENTS);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(prepared).isNotEmpty().containsOnly(2L);
        assertThat(fixture.listener.completed).hasValue(EVENTS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aConnectionThatForgetsItIsBegunWithoutAndNoAttemptIsLost(boolean inBatches) {
        R2dbcEventBus bus = fixture.bus(application, fixture.options().build());
        AtomicInteger forgotten = new AtomicInteger();
        fixture.subscribe(
                bus,
                consumer(
                        inBatches,
                        connection -> forgotten.getAndIncrement() == 0
                                ? forget(connection)
                                : preparedStatements(connection)));

        publish(bus, EVENTS);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(prepared)
                .as("the fault was there, and the connection was left alone after")
                .isNotEmpty()
                .containsOnly(0L);
        assertThat(fixture.listener.completed).hasValue(EVENTS);
        assertThat(fixture.listener.retries).isEmpty();
        assertThat(fixture.listener.released).isEmpty();
    }

    @Test
    void aRowThatStaysLockedIsPutOffAndTriedAgain() {
        R2dbcEventBus bus = fixture.bus(
                application,
                fixture.options().acquireTimeout(Duration.ofMillis(300)).build());

        deliverWhatIsLocked(
                bus,
                () -> assertThat(fixture.listener.released.get(0).reason()).contains("No answer to the beginning"));
    }

    @Test
    void aTakeThatTheServerRefusesLeavesItsConnectionAsItWas() {
        ConnectionPool impatient = TestServer.pool(1, options -> options.lockWaitTimeout(Duration.ofMillis(300)));
        R2dbcEventBus bus = fixture.bus(impatient, fixture.options().build());

        deliverWhatIsLocked(
                bus,
                () -> assertThat(Mono.usingWhen(
                                        impatient.create(),
                                        TakingIntegrationTests::preparedStatements,
                                        Connection::close)
                                .block(PATIENCE))
                        .isEqualTo(2));
        impatient.disposeLater().block(PATIENCE);
    }

    @Test
    void theDriversFetchSizeDoesNotMatter() {
        ConnectionPool fetching = TestServer.pool(1, options -> options.fetchSize(10));
        R2dbcEventBus bus = fixture.bus(fetching, fixture.options().build());
        fixture.subscribe(bus, consumer(false, TakingIntegrationTests::preparedStatements));

        publish(bus, EVENTS);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(prepared).containsOnly(2L);
        assertThat(fixture.listener.released).isEmpty();
        fetching.disposeLater().block(PATIENCE);
    }

    @Test
    void aConnectionWithAWayOfItsOwnToBeginIsAskedTo() {
        AtomicInteger begun = new AtomicInteger();
        R2dbcEventBus bus =
                fixture.bus(new Wrapping(application, begun), fixture.options().build());
        fixture.subscribe(bus, consumer(false, TakingIntegrationTests::preparedStatements));

        publish(bus, 1);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(begun).as("publishing, and delivering").hasValue(2);
        assertThat(prepared).containsOnly(0L);
    }

    @Test
    void aHandlerThatHasCompletedIsNotInterruptedByWhatFollowsIt() {
        AtomicInteger runs = new AtomicInteger();
        Queue<Boolean> interrupted = new ConcurrentLinkedQueue<>();
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on(Keyed.TYPE, Keyed.class)
                        .ordered()
                        .retry(RetryPolicy.attempts(2).withBackoff(Duration.ofMillis(300), Duration.ofMillis(300)))
                        .transactional(
                                Connection.class,
                                (event, connection) -> runs.getAndIncrement() == 0
                                        ? Mono.error(new IllegalStateException("holds back the next"))
                                        : Mono.<Void>empty()
                                                .doFinally(end -> interrupted.add(isInterruptedWithin(100)))));

        publish(bus, 2);

        awaitThat(() -> fixture.count("inbox") == 0 && interrupted.size() == 2);
        assertThat(fixture.listener.parked.get()).as("what follows is there").isPositive();
        assertThat(interrupted).containsExactly(false, false);
    }

    private static boolean isInterruptedWithin(long millis) {
        try {
            Thread.sleep(millis);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Publishes to a consumer while another transaction has the row, and goes on once it was put off. */
    private void deliverWhatIsLocked(R2dbcEventBus bus, Runnable afterIt) {
        RunningConsumer consumer = fixture.subscribe(bus, consumer(false, TakingIntegrationTests::preparedStatements));
        consumer.pause().block(PATIENCE);
        publish(bus, 1);
        Connection other = Mono.from(fixture.application.create()).block(PATIENCE);
        Mono.from(other.beginTransaction()).block(PATIENCE);
        Database.rows(other, "SELECT seq FROM " + fixture.schema() + ".inbox FOR UPDATE", s -> {}, row -> 0)
                .blockLast(PATIENCE);

        consumer.resume().block(PATIENCE);
        fixture.awaitTakeThatWaits();
        awaitThat(() -> !fixture.listener.released.isEmpty());
        afterIt.run();
        Mono.from(other.rollbackTransaction()).then(Mono.from(other.close())).block(PATIENCE);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(fixture.listener.completed).hasValue(1);
        assertThat(fixture.listener.retries).isEmpty();
    }

    @Test
    void codeOfTheApplicationRunsOnItsConsumersThreadsWhereverADeliveryBegins() {
        Queue<String> names = new ConcurrentLinkedQueue<>();
        R2dbcEventBus bus = fixture.bus(
                application, fixture.options().codec(new NamingCodec(names)).build());
        fixture.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on(Keyed.TYPE, Keyed.class)
                        .concurrency(1)
                        .transactional(
                                Connection.class,
                                (event, connection) -> Mono.fromRunnable(
                                        () -> names.add(Thread.currentThread().getName()))));

        publish(bus, EVENTS);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(names).hasSize(2 * EVENTS).allMatch(name -> name.startsWith("penstock-handler"));
    }

    private ConsumerSpec<Keyed> consumer(boolean inBatches, Function<Connection, Mono<Long>> work) {
        ConsumerSpec.Builder<Keyed> builder = ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class);
        return inBatches
                ? builder.batchSize(5)
                        .transactionalBatch(Connection.class, (events, connection) -> remember(work.apply(connection)))
                : builder.transactional(Connection.class, (event, connection) -> remember(work.apply(connection)));
    }

    private Mono<Void> remember(Mono<Long> statements) {
        return statements.doOnNext(prepared::add).then();
    }

    private static Mono<Long> preparedStatements(Connection connection) {
        return Database.rows(connection, PREPARED, s -> {}, row -> row.get("n", Long.class))
                .single();
    }

    private static Mono<Long> forget(Connection connection) {
        return Database.changed(connection, "DEALLOCATE ALL", s -> {}).then(Mono.empty());
    }

    private static void publish(R2dbcEventBus bus, int events) {
        bus.inTransaction(tx -> Flux.fromStream(Keyed.events("a", 1, events))
                        .concatMap(tx::publish)
                        .then())
                .block(PATIENCE);
    }

    /** The application's connections as one of its libraries may wrap them; what is counted is what that would do. */
    private record Wrapping(ConnectionPool unwrap, AtomicInteger begun)
            implements ConnectionFactory, Wrapped<ConnectionPool> {

        @Override
        public Publisher<? extends Connection> create() {
            return unwrap.create().map(this::wrapped);
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return unwrap.getMetadata();
        }

        private Connection wrapped(Connection connection) {
            return (Connection) Proxy.newProxyInstance(
                    TakingIntegrationTests.class.getClassLoader(),
                    new Class<?>[] {Connection.class, Wrapped.class},
                    (proxy, method, arguments) -> {
                        if (method.getName().equals("beginTransaction")) {
                            begun.incrementAndGet();
                        }
                        return method.getName().equals("unwrap") ? connection : method.invoke(connection, arguments);
                    });
        }
    }

    /** Remembers on which threads payloads are read. */
    private record NamingCodec(Queue<String> names) implements EventCodec {

        private static final EventCodec JSON = JacksonEventCodec.create();

        @Override
        public String encode(Event<?> event) {
            return JSON.encode(event);
        }

        @Override
        public <T> T decode(Event<RawJson> stored, Class<T> target) {
            names.add(Thread.currentThread().getName());
            return JSON.decode(stored, target);
        }
    }
}
