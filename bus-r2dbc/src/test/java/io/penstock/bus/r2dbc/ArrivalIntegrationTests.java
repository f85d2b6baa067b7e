package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.ValidationDepth;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** A cancel meets a connection at each place on its way, one after the other: between any two operators. */
class ArrivalIntegrationTests {

    private static final String CANCELLING = "cancel on the way";

    private final List<Connection> opened = new CopyOnWriteArrayList<>();

    @AfterEach
    void cancelNoMore() {
        Hooks.resetOnEachOperator(CANCELLING);
    }

    @Test
    void aConnectionOfTheBusThatNobodyWaitsForIsClosed() throws InterruptedException {
        int places = cancelEverywhere(use -> Mono.usingWhen(
                new Database(noting(), new SchemaName("penstock"), 1).open(), connection -> use, Connections::discard));

        assertThat(places).isGreaterThan(5);
        assertAllAreClosed();
    }

    @Test
    void aConnectionOfTheBusesPoolThatNobodyWaitsForIsClosedWithThePool() throws InterruptedException {
        List<Database> databases = new CopyOnWriteArrayList<>();
        int places = cancelEverywhere(use -> {
            Database database = new Database(noting(), new SchemaName("penstock"), 1);
            databases.add(database);
            return database.with(connection -> use);
        });

        databases.forEach(database -> database.close().block(PATIENCE));

        assertThat(places).isGreaterThan(5);
        assertAllAreClosed();
    }

    @Test
    void aConnectionOfTheApplicationThatNobodyWaitsForIsClosed() throws InterruptedException {
        int places = cancelEverywhere(use -> transaction(noting(), use));

        assertThat(places).isGreaterThan(5);
        assertAllAreClosed();
    }

    @Test
    void aConnectionOfTheApplicationsPoolThatNobodyWaitsForIsGivenBack() throws InterruptedException {
        List<ConnectionPool> pools = new CopyOnWriteArrayList<>();
        int places = cancelEverywhere(use -> {
            pools.add(new ConnectionPool(ConnectionPoolConfiguration.builder(noting())
                    .initialSize(0)
                    .maxSize(1)
                    .build()));
            return transaction(pools.get(pools.size() - 1), use);
        });

        assertThat(places).isGreaterThan(5);
        awaitThat(() ->
                pools.stream().allMatch(pool -> pool.getMetrics().orElseThrow().acquiredSize() == 0));
        pools.forEach(pool -> pool.disposeLater().block(PATIENCE));
        assertAllAreClosed();
    }

    private static Mono<Void> transaction(ConnectionFactory application, Mono<Void> use) {
        return new Transactions(application, PATIENCE, hints -> {}, error -> {}).run(connection -> use);
    }

    private void assertAllAreClosed() {
        assertThat(opened).isNotEmpty();
        awaitThat(() -> opened.stream().noneMatch(ArrivalIntegrationTests::isOpen));
    }

    private static boolean isOpen(Connection connection) {
        return Boolean.TRUE.equals(
                Mono.from(connection.validate(ValidationDepth.LOCAL)).block(PATIENCE));
    }

    /** Tells how many places there were. */
    private static int cancelEverywhere(UnaryOperator<Mono<Void>> asking) throws InterruptedException {
        int place = 0;
        while (cancelAt(place, asking)) {
            place++;
        }
        return place;
    }

    /** Whether there is such a place on the way; behind the last one the connection is used. */
    private static boolean cancelAt(int place, UnaryOperator<Mono<Void>> asking) throws InterruptedException {
        AtomicInteger left = new AtomicInteger(place);
        AtomicBoolean cancelled = new AtomicBoolean();
        CountDownLatch met = new CountDownLatch(1);
        Disposable.Swap asked = Disposables.swap();
        Runnable cancel = () -> {
            cancelled.set(true);
            asked.dispose();
            met.countDown();
        };
        Hooks.onEachOperator(CANCELLING, Operators.lift((scanned, next) -> new Place<>(next, left, cancel)));
        asked.update(asking.apply(Mono.fromRunnable(met::countDown).then(Mono.never()))
                .subscribe());
        assertThat(met.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        asked.dispose();
        return cancelled.get();
    }

    /** The driver's connections, noted as they come out of it. */
    private ConnectionFactory noting() {
        ConnectionFactory driver = TestServer.connections();
        return new ConnectionFactory() {

            @Override
            public Mono<Connection> create() {
                return Mono.<Connection>from(driver.create()).doOnNext(opened::add);
            }

            @Override
            public ConnectionFactoryMetadata getMetadata() {
                return driver.getMetadata();
            }
        };
    }

    /** Before a connection goes on to the next operator, the cancel comes if this is its place. */
    private record Place<T>(CoreSubscriber<? super T> next, AtomicInteger left, Runnable cancel)
            implements CoreSubscriber<T> {

        @Override
        public Context currentContext() {
            return next.currentContext();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            next.onSubscribe(subscription);
        }

        @Override
        public void onNext(T value) {
            if (value instanceof Connection && left.getAndDecrement() == 0) {
                cancel.run();
            }
            next.onNext(value);
        }

        @Override
        public void onError(Throwable error) {
            next.onError(error);
        }

        @Override
        public void onComplete() {
            next.onComplete();
        }
    }
}
