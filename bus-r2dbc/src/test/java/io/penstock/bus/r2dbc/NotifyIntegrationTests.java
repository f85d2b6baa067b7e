package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Wrapped;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What a node tells the others: of what is committed, seldom, and never in anybody else's transaction. */
class NotifyIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private Overheard overheard;

    @BeforeEach
    void listen() {
        overheard = new Overheard(fixture.channel());
    }

    @AfterEach
    void hangUp() {
        overheard.close();
    }

    @Test
    void nobodyIsToldOfWhatIsRolledBack() {
        R2dbcEventBus bus = fixture.bus();
        register(bus, "c");

        bus.inTransaction(tx -> tx.publish(event()).then(Mono.error(new IllegalStateException("no"))))
                .onErrorComplete()
                .then(bus.inTransaction(tx -> tx.publish(event())))
                .then(bus.close())
                .block(PATIENCE);

        List<Hint> hints = hints();
        assertThat(hints).hasSize(1);
        assertThat(hints.get(0).lowestSeq())
                .isEqualTo(fixture.<Long>one(
                        "SELECT seq FROM " + fixture.schema() + ".outbox_event", row -> row.get("seq", Long.class)));
    }

    @Test
    void aThousandTransactionsMakeAtMostOneNotificationInFiveMilliseconds() {
        R2dbcEventBus bus = fixture.bus();
        register(bus, "c");
        register(bus, "d");

        long from = System.nanoTime();
        Flux.range(0, 1_000)
                .flatMap(i -> bus.inTransaction(tx -> tx.publish(event())), 8)
                .then(bus.close())
                .block(PATIENCE);
        long millis = (System.nanoTime() - from) / 1_000_000;

        List<Signal> signals = overheard.signals();
        assertThat(signals).isNotEmpty().hasSizeLessThanOrEqualTo((int) (millis / 5 + 2));
        assertThat(signals).allSatisfy(signal -> assertThat(signal.hints()).hasSizeLessThanOrEqualTo(2));
        assertThat(hints().stream().mapToLong(Hint::lowestSeq).min()).hasValue(1);
    }

    @Test
    void aThousandHintsAtOnceMakeAHandfulOfNotificationsWithTheLowestOfThem() {
        fixture.bus();
        Node node = Node.of(fixture.application, fixture.options().build());

        for (int i = 1_000; i > 0; i--) {
            node.wakeUp().committed(List.of(new Hint(1, i, i % 2 == 0 ? i : Hint.NOTHING_DUE)));
        }
        node.wakeUp().close().then(node.database().close()).block(PATIENCE);

        assertThat(overheard.signals()).hasSizeBetween(1, 100);
        assertThat(hints().stream().reduce(Hint::and)).hasValue(new Hint(1, 1, 2));
    }

    @Test
    void inTheTransactionsOfTheApplicationOnlyTheEventsAreWritten() {
        RecordedFactory application = new RecordedFactory(fixture.application);
        R2dbcEventBus bus = fixture.bus(application, fixture.options().build());
        register(bus, "c");

        bus.inTransaction(tx -> tx.publish(event())).block(PATIENCE);
        Mono.usingWhen(
                        application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(bus.publish(connection, event()))
                                .delayUntil(publication -> connection.commitTransaction())
                                .doOnNext(Publication::committed),
                        Connection::close)
                .block(PATIENCE);
        bus.publish(event()).then(bus.close()).block(PATIENCE);

        assertThat(application.statements)
                .hasSize(2)
                .allSatisfy(sql -> assertThat(sql).contains("outbox_event").doesNotContain("pg_notify"));
        assertThat(hints()).isNotEmpty();
    }

    @Test
    void aNodeThatHasItsConsumerForItselfTellsNobody() {
        R2dbcEventBus bus = fixture.bus();
        AtomicInteger delivered = new AtomicInteger();
        fixture.subscribe(
                bus, ConsumerSpec.named("c").on("*").handle(event -> Mono.fromRunnable(delivered::incrementAndGet)));
        awaitThat(() -> fixture.listener.leased.get() == 32);

        for (int i = 0; i < 20; i++) {
            bus.publish(event())
                    .then(bus.inTransaction(tx -> tx.publish(event())))
                    .block(PATIENCE);
        }

        awaitThat(() -> delivered.get() == 40 && fixture.count("inbox") == 0);
        bus.close().block(PATIENCE);
        assertThat(overheard.payloads()).isEmpty();
    }

    @Test
    void whatCannotBeToldIsReportedAndNotToldLater() {
        fixture.bus();
        AtomicBoolean broken = new AtomicBoolean(true);
        Node node = Node.of(new BreakableFactory(broken), fixture.options().build());

        node.wakeUp().committed(List.of(new Hint(1, 7, Hint.NOTHING_DUE)));
        awaitThat(() -> fixture.listener.failures.size() == 1);
        broken.set(false);
        node.wakeUp().committed(List.of(new Hint(1, 9, Hint.NOTHING_DUE)));
        node.wakeUp().close().then(node.database().close()).block(PATIENCE);

        assertThat(hints()).containsExactly(new Hint(1, 9, Hint.NOTHING_DUE));
        assertThat(fixture.listener.failures).hasSize(1);
    }

    /** Registers a consumer that runs nowhere. */
    private static void register(R2dbcEventBus bus, String name) {
        bus.subscribe(ConsumerSpec.named(name).on("*").handle(event -> Mono.empty()))
                .block(PATIENCE)
                .unsubscribe()
                .block(PATIENCE);
    }

    private List<Hint> hints() {
        return overheard.signals().stream()
                .flatMap(signal -> signal.hints().stream())
                .toList();
    }

    private static Event<RawJson> event() {
        return Event.of("order.placed", new RawJson("{}"));
    }

    /** Sees the statements on the application's connections; what lies beneath, the bus's own, it does not see. */
    private static final class RecordedFactory implements ConnectionFactory, Wrapped<ConnectionFactory> {

        private final List<String> statements = new CopyOnWriteArrayList<>();
        private final ConnectionFactory factory;

        RecordedFactory(ConnectionFactory factory) {
            this.factory = factory;
        }

        @Override
        public Publisher<? extends Connection> create() {
            return Mono.from(factory.create()).map(this::recorded);
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return factory.getMetadata();
        }

        @Override
        public ConnectionFactory unwrap() {
            return factory;
        }

        private Connection recorded(Connection connection) {
            return (Connection) Proxy.newProxyInstance(
                    Connection.class.getClassLoader(),
                    new Class<?>[] {Connection.class},
                    (proxy, method, arguments) -> {
                        if (method.getName().equals("createStatement")) {
                            statements.add((String) arguments[0]);
                        }
                        return method.invoke(connection, arguments);
                    });
        }
    }

    private record BreakableFactory(AtomicBoolean broken) implements ConnectionFactory {

        @Override
        public Publisher<? extends Connection> create() {
            return Mono.defer(() -> broken.get()
                    ? Mono.error(new IllegalStateException("no connection"))
                    : TestServer.connections().create());
        }

        @Override
        public ConnectionFactoryMetadata getMetadata() {
            return TestServer.connections().getMetadata();
        }
    }
}
