package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.Result;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** The transaction of a handler belongs to the bus, and code that a delivery runs may fail in any way. */
class HandlerMisuseIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final AtomicInteger runs = new AtomicInteger();

    @ParameterizedTest
    @EnumSource(Misuse.class)
    void aHandlerThatMisusesItsTransactionUsesOneAttemptAndLeavesNoEffect(Misuse misuse) {
        R2dbcEventBus bus = busWithEffects();
        fixture.subscribe(
                bus,
                transactional(
                        PATIENCE,
                        connection -> effect(connection)
                                .then(runs.incrementAndGet() == 1 ? misuse.of(connection) : Mono.empty())));

        bus.publish(event()).block(PATIENCE);
        awaitThat(() -> fixture.count("inbox") == 0);

        assertThat(runs).hasValue(2);
        assertThat(fixture.count("effect")).isEqualTo(1);
        assertThat(fixture.listener.retries)
                .singleElement()
                .satisfies(retry -> assertThat(retry.cause()).isNotInstanceOf(PublishOutcomeUnknownException.class));
        assertThat(fixture.listener.dead).isEmpty();
        assertThat(fixture.listener.failures).isEmpty();
        awaitThat(() -> acquired() == 0);
    }

    @Test
    void aConnectionIsOfNoUseAfterTheTimeoutOfItsHandler() {
        R2dbcEventBus bus = busWithEffects();
        CompletableFuture<Connection> kept = new CompletableFuture<>();
        CompletableFuture<Publisher<? extends Result>> assembled = new CompletableFuture<>();
        fixture.subscribe(bus, transactional(Duration.ofMillis(300), connection -> {
            if (runs.incrementAndGet() > 1) {
                return Mono.empty();
            }
            assembled.complete(connection.createStatement(insert()).execute());
            kept.complete(connection);
            return Mono.never();
        }));

        bus.publish(event()).block(PATIENCE);
        awaitThat(() -> fixture.count("inbox") == 0);

        StepVerifier.create(Mono.defer(() -> effect(kept.join())))
                .expectError(IllegalStateException.class)
                .verify(PATIENCE);
        StepVerifier.create(Flux.from(assembled.join()).flatMap(Result::getRowsUpdated))
                .expectError(IllegalStateException.class)
                .verify(PATIENCE);
        assertThat(fixture.count("effect")).isZero();
    }

    @Test
    void aPayloadClassThatCannotBeLoadedMakesADeadLetterAndLeavesTheConsumerAlive() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("broken")
                        .<Object>on("order.whole", Object.class)
                        .on("order.broken", Broken.class)
                        .concurrency(1)
                        .handle(event -> Mono.fromRunnable(runs::incrementAndGet)));

        bus.publishAll(Flux.just(
                        Event.of("order.broken", Map.of("id", 1)),
                        Event.of("order.broken", Map.of("id", 2)),
                        Event.of("order.whole", Map.of("id", 3))))
                .blockLast(PATIENCE);

        awaitThat(() -> fixture.inbox("broken").equals(Map.of(3, 2L)));
        awaitThat(() -> fixture.listener.dead.size() == 2);
        assertThat(runs).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "THROWS_BEFORE_RETURNING",
                "THROWS_A_CHECKED_EXCEPTION",
                "OVERFLOWS_THE_STACK",
                "THROWS_AN_ERROR",
                "THROWS_A_LINKAGE_ERROR",
                "RUNS_OUT_OF_MEMORY",
                "THROWS_WHAT_CANNOT_BE_PRINTED"
            })
    void aListenerThatThrowsChangesNothing(Hostility hostility) {
        BusListener hostile = new BusListener() {
            @Override
            public void published(int events) {
                hostility.run();
            }

            @Override
            public void claimed(String consumer, int deliveries) {
                hostility.run();
            }

            @Override
            public void started(Delivery delivery) {
                hostility.run();
            }

            @Override
            public void completed(Delivery delivery, Duration handling) {
                hostility.run();
            }
        };
        R2dbcEventBus bus = fixture.bus(options -> options.listener(hostile));
        fixture.subscribe(
                bus, ConsumerSpec.named("c").on("*").handle(event -> Mono.fromRunnable(runs::incrementAndGet)));

        for (int i = 1; i <= 3; i++) {
            bus.publish(event()).block(PATIENCE);
        }

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(runs).hasValue(3);
    }

    private R2dbcEventBus busWithEffects() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("CREATE TABLE " + fixture.schema() + ".effect (n int NOT NULL)");
        return bus;
    }

    private ConsumerSpec<?> transactional(Duration timeout, Function<Connection, Mono<Void>> handler) {
        BiFunction<Object, Connection, Mono<Void>> call = (event, connection) -> handler.apply(connection);
        return ConsumerSpec.named("writer")
                .on("*")
                .concurrency(1)
                .timeout(timeout)
                .retry(RetryPolicy.attempts(5).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1)))
                .transactional(Connection.class, call::apply);
    }

    private Mono<Void> effect(Connection connection) {
        return Database.changed(connection, insert(), statement -> {}).then();
    }

    private String insert() {
        return "INSERT INTO " + fixture.schema() + ".effect VALUES (1)";
    }

    private int acquired() {
        return fixture.application.getMetrics().orElseThrow().acquiredSize();
    }

    private static Event<?> event() {
        return Event.of("order.placed", Map.of("id", 1));
    }

    private enum Misuse {
        COMMITS(Connection::commitTransaction),
        ROLLS_BACK(Connection::rollbackTransaction),
        CLOSES(Connection::close),
        BEGINS(Connection::beginTransaction),
        SETS_AUTO_COMMIT(connection -> connection.setAutoCommit(true)),
        SETS_THE_ISOLATION(connection -> connection.setTransactionIsolationLevel(IsolationLevel.SERIALIZABLE)),
        SWALLOWS_AN_ERROR(connection -> Database.changed(connection, "SELECT 1 / 0", statement -> {})
                .onErrorResume(error -> Mono.empty())
                .then()),
        ROLLS_BACK_BY_SQL(connection ->
                Database.changed(connection, "ROLLBACK", statement -> {}).then());

        private final Function<Connection, Publisher<Void>> misuse;

        Misuse(Function<Connection, Publisher<Void>> misuse) {
            this.misuse = misuse;
        }

        Mono<Void> of(Connection connection) {
            return Mono.defer(() -> Mono.from(misuse.apply(connection)));
        }
    }

    record Broken(int id) {

        private static final int NEVER = never();

        private static int never() {
            throw new IllegalStateException("this class cannot be initialized");
        }
    }
}
