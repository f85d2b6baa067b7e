package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.HandlerTimeoutException;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.RunningConsumer;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** A consumer is a name in the database; its handler comes and goes. */
class SubscribeIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final List<String> seen = new CopyOnWriteArrayList<>();

    @Test
    void aBusThatWasClosedWhileItStartedDoesNotRunForEver() {
        Node node = Node.of(fixture.application, fixture.options().build());
        Subscriptions subscriptions = new Subscriptions(node, new Consumers(node.database()));
        subscriptions.close().block(PATIENCE);

        assertThatThrownBy(subscriptions::start).hasMessage("The bus was closed before it had started");

        Mono.when(node.database().close(), node.upkeep().close()).block(PATIENCE);
    }

    @Test
    void patternsTakeTheTypesTheyNameAndNoOthers() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus, "exact", "order.placed");
        subscribe(bus, "below", "order.*");
        subscribe(bus, "several", "order.placed", "user_x.*");
        subscribe(bus, "all", "*");

        publish(bus, "order.placed", "order.line.added", "orders.placed", "order", "user_x.made", "userAx.made");

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "exact order.placed",
                        "below order.placed",
                        "below order.line.added",
                        "several order.placed",
                        "several user_x.made",
                        "all order.placed",
                        "all order.line.added",
                        "all orders.placed",
                        "all order",
                        "all user_x.made",
                        "all userAx.made");
    }

    @Test
    void aHandlerPastItsTimeoutHasFailedWithAnErrorThatNamesConsumerAndEvent() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("slow")
                        .on("*")
                        .timeout(Duration.ofMillis(20))
                        .retry(RetryPolicy.attempts(1))
                        .handle(event -> Mono.never()));

        publish(bus, "order.placed");

        awaitThat(() -> fixture.listener.dead.size() == 1);
        assertThat(fixture.listener.dead.get(0).error())
                .contains(HandlerTimeoutException.class.getSimpleName(), "slow", "PT0.02S", "order.placed");
    }

    @Test
    void theSameNameTwiceInOneBusFailsAtOnceAndTheFirstRunsOn() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus, "twice", "*");

        StepVerifier.create(bus.subscribe(spec("twice", "*")))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(InvalidConsumerException.class)
                        .hasMessageContaining("'twice' runs on this bus already"))
                .verify(PATIENCE);

        publish(bus, "order.placed");
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(seen).hasSize(1);
    }

    @Test
    void aConsumerWithoutARunningHandlerKeepsItsEventsUntilOneStarts() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus, "away", "*").unsubscribe().block(PATIENCE);
        publish(bus, "order.placed", "order.paid");
        assertThat(fixture.inbox("away")).isEqualTo(Map.of(0, 2L));
        assertThat(fixture.stats(bus, "away").running()).isFalse();

        subscribe(bus, "away", "*");

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(seen).containsExactlyInAnyOrder("away order.placed", "away order.paid");
    }

    @Test
    void unsubscribingStopsNewDeliveriesAndLetsRunningOnesFinish() {
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> gate = Sinks.empty();
        AtomicInteger ended = new AtomicInteger();
        RunningConsumer consumer = fixture.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on("*")
                        .concurrency(2)
                        .handle(event -> gate.asMono().doOnSuccess(done -> ended.incrementAndGet())));
        publish(bus, "a.b", "a.b", "a.b", "a.b", "a.b");
        awaitThat(() -> fixture.listener.started.get() == 2);

        Disposable stopping = consumer.unsubscribe().subscribe();
        publish(bus, "a.b");
        assertThat(stopping.isDisposed()).isFalse();
        gate.tryEmitEmpty();
        consumer.unsubscribe().block(PATIENCE);

        assertThat(ended).hasValue(2);
        assertThat(fixture.listener.started).hasValue(2);
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(0, 4L));
        assertThat(fixture.leased("c")).isZero();
    }

    @Test
    void deletingIsRefusedWhileTheConsumerRunsAndThenRemovesAllItWasOwed() {
        R2dbcEventBus bus = fixture.bus();
        RunningConsumer running = subscribe(bus, "doomed", "*");
        StepVerifier.create(bus.deleteConsumer("doomed"))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(InvalidConsumerException.class)
                        .hasMessageContaining("unsubscribe it before"))
                .verify(PATIENCE);
        running.unsubscribe().block(PATIENCE);
        publish(bus, "order.placed", "order.paid");

        assertThat(bus.deleteConsumer("doomed").block(PATIENCE)).isTrue();

        assertThat(fixture.count("consumer")).isZero();
        assertThat(fixture.count("inbox")).isZero();
        assertThat(fixture.count("partition_lease")).isZero();
        assertThat(fixture.count("outbox_event")).isEqualTo(2);
        assertThat(bus.deleteConsumer("doomed").block(PATIENCE)).isFalse();
    }

    @Test
    void patternsAreOnlyEverAdded() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus, "growing", "order.placed", "order.paid").unsubscribe().block(PATIENCE);
        subscribe(bus, "growing", "order.placed", "user.*");

        String[] patterns = fixture.one(
                "SELECT patterns FROM " + fixture.schema() + ".consumer", row -> row.get("patterns", String[].class));

        assertThat(Arrays.asList(patterns)).containsExactlyInAnyOrder("order.paid", "order.placed", "user.*");
    }

    @Test
    void anotherNumberOfPartitionsIsRefusedAndTheNameStaysFree() {
        R2dbcEventBus bus = fixture.bus();
        subscribe(bus, "fixed", "*").unsubscribe().block(PATIENCE);
        ConsumerSpec<RawJson> other =
                ConsumerSpec.named("fixed").on("*").partitions(8).handle(event -> Mono.empty());

        StepVerifier.create(bus.subscribe(other))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(InvalidConsumerException.class)
                        .hasMessageContaining("'fixed' asks for 8 partitions, but is registered with 32"))
                .verify(PATIENCE);

        subscribe(bus, "fixed", "*");
    }

    @Test
    void aTransactionTheBusDoesNotOfferIsRefusedBeforeAnythingIsRegistered() {
        R2dbcEventBus bus = fixture.bus();

        StepVerifier.create(bus.subscribe(ConsumerSpec.named("odd")
                        .on("*")
                        .transactional(java.sql.Connection.class, (event, connection) -> Mono.empty())))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(InvalidConsumerException.class)
                        .hasMessageContaining("java.sql.Connection")
                        .hasMessageContaining(Connection.class.getName()))
                .verify(PATIENCE);

        assertThat(fixture.count("consumer")).isZero();
    }

    @Test
    void aConsumerWhoseRegistrationEndsWhileTheBusClosesDoesNotStart() {
        R2dbcEventBus bus = fixture.bus();
        Sinks.Empty<Void> gate = Sinks.empty();
        fixture.subscribe(bus, ConsumerSpec.named("slow").on("*").handle(event -> gate.asMono()));
        publish(bus, "order.placed");
        awaitThat(() -> fixture.listener.started.get() == 1);
        Mono<RunningConsumer> late = bus.subscribe(spec("late", "*")).cache();
        Mono<Void> closing = bus.close().cache();

        fixture.whileLocked("consumer", () -> {
            late.subscribe(running -> {}, error -> {});
            fixture.awaitStatementThatWaits();
            closing.subscribe();
        });

        StepVerifier.create(late)
                .expectErrorMessage("Consumer 'late' cannot start: the bus is closed")
                .verify(PATIENCE);
        gate.tryEmitEmpty();
        closing.block(PATIENCE);
        assertThat(fixture.leased("late")).isZero();
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void aCancelledSubscribeLeavesTheNameFree() {
        R2dbcEventBus bus = fixture.bus();
        bus.subscribe(spec("cancelled", "*")).subscribe().dispose();

        // Registered or not, it does not run: a second attempt takes the name as soon as the first has let go of it.
        awaitThat(() -> bus.subscribe(spec("cancelled", "*"))
                .map(running -> true)
                .onErrorReturn(InvalidConsumerException.class, false)
                .block(PATIENCE));
    }

    private RunningConsumer subscribe(R2dbcEventBus bus, String name, String... patterns) {
        return fixture.subscribe(bus, spec(name, patterns));
    }

    private ConsumerSpec<RawJson> spec(String name, String... patterns) {
        return ConsumerSpec.named(name)
                .on(patterns)
                .handle(event -> Mono.fromRunnable(() -> seen.add(name + " " + event.type())));
    }

    private static void publish(R2dbcEventBus bus, String... types) {
        bus.publishAll(Flux.fromArray(types).map(type -> Event.of(type, Map.of())))
                .blockLast(PATIENCE);
    }
}
