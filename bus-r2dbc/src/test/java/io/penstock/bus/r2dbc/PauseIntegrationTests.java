package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.RunningConsumer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A consumer is paused on all nodes, for good, or on one node, whose share the others take. */
class PauseIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final AtomicInteger onA = new AtomicInteger();
    private final AtomicInteger onB = new AtomicInteger();

    @Test
    void aPausedConsumerBeginsNothingOnAnyNodeAndGoesOnWhereItWas() {
        R2dbcEventBus a = node();
        R2dbcEventBus b = node();
        subscribe(a, onA);
        subscribe(b, onB);
        awaitThat(() -> leasedBy(2));

        a.pause("c").block(PATIENCE);
        awaitThat(() -> fixture.listener.paused.get() == 2);
        publish(a, 100);

        awaitThat(() -> fixture.stats(a, "c").ready() == 100);
        assertThat(fixture.stats(a, "c").paused()).isTrue();
        assertThat(onA.get() + onB.get()).isZero();

        b.resume("c").block(PATIENCE);
        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(onA.get() + onB.get()).isEqualTo(100);
        assertThat(fixture.listener.resumed).hasValue(2);
        assertThat(fixture.stats(a, "c").paused()).isFalse();
    }

    @Test
    void aConsumerThatWasPausedStaysPausedWhenItsNodeStartsAgain() {
        R2dbcEventBus first = node();
        subscribe(first, onA);
        first.pause("c").block(PATIENCE);
        first.close().block(PATIENCE);

        R2dbcEventBus second = node();
        subscribe(second, onB);
        awaitThat(() -> fixture.leased("c") == 32);
        publish(second, 10);
        // Another consumer gets the same events, so that this one has had its chance.
        fixture.subscribe(second, spec("other").handle(event -> Mono.empty()));
        publish(second, 10);
        awaitThat(() -> fixture.inbox("other").isEmpty());
        assertThat(onB).hasValue(0);

        second.resume("c").block(PATIENCE);
        awaitThat(() -> onB.get() == 20);
    }

    @Test
    void handlersThatRunWhenTheirConsumerIsPausedEndAsUsual() {
        R2dbcEventBus bus = node();
        Sinks.Empty<Void> goOn = Sinks.empty();
        bus.subscribe(spec("c")
                        .concurrency(1)
                        .handle(event -> Mono.fromRunnable(onA::incrementAndGet).then(goOn.asMono())))
                .block(PATIENCE);
        publish(bus, 10);
        awaitThat(() -> onA.get() == 1);

        bus.pause("c").block(PATIENCE);
        goOn.tryEmitEmpty();

        awaitThat(() ->
                fixture.stats(bus, "c").ready() == 9 && fixture.stats(bus, "c").inFlight() == 0);
        assertThat(onA).hasValue(1);
        assertThat(fixture.count("inbox WHERE attempts > 0")).isZero();
        bus.resume("c").block(PATIENCE);
        awaitThat(() -> onA.get() == 10 && fixture.inbox("c").isEmpty());
    }

    @Test
    void aNodeThatPausesGivesItsShareToTheOthersAndTakesItBack() {
        R2dbcEventBus a = node();
        R2dbcEventBus b = node();
        RunningConsumer here = subscribe(a, onA);
        subscribe(b, onB);
        awaitThat(() -> leasedBy(2));

        here.pause().block(PATIENCE);

        awaitThat(() -> leasedBy(1) && fixture.leased("c") == 32);
        publish(a, 100);
        awaitThat(() -> onB.get() == 100 && fixture.inbox("c").isEmpty());
        assertThat(onA).hasValue(0);
        here.resume().block(PATIENCE);
        awaitThat(() -> leasedBy(2) && fixture.leased("c") == 32);
        publish(a, 100);
        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(onA).hasPositiveValue();
    }

    @Test
    void pausingOnANodeWaitsForTheHandlersThatRunThere() {
        R2dbcEventBus bus = node();
        Sinks.Empty<Void> goOn = Sinks.empty();
        RunningConsumer here = bus.subscribe(spec("c")
                        .handle(event -> Mono.fromRunnable(onA::incrementAndGet).then(goOn.asMono())))
                .block(PATIENCE);
        publish(bus, 1);
        awaitThat(() -> onA.get() == 1);
        AtomicInteger paused = new AtomicInteger();

        here.pause().doOnSuccess(done -> paused.incrementAndGet()).subscribe();
        awaitThat(() -> fixture.leased("c") < 32);

        assertThat(paused).hasValue(0);
        goOn.tryEmitEmpty();
        awaitThat(() -> paused.get() == 1);
        assertThat(fixture.leased("c")).isZero();
        assertThat(fixture.count("inbox")).isZero();
    }

    @Test
    void pausingAndResumingAllTheTimeLosesAndRepeatsNothing() {
        R2dbcEventBus a = node();
        R2dbcEventBus b = node();
        RunningConsumer here = subscribe(a, onA);
        subscribe(b, onB);

        for (int round = 0; round < 20; round++) {
            publish(a, 50);
            (round % 2 == 0 ? a.pause("c").then(a.resume("c")) : here.pause().then(here.resume())).block(PATIENCE);
        }

        awaitThat(() -> fixture.inbox("c").isEmpty());
        assertThat(onA.get() + onB.get()).isEqualTo(1_000);
    }

    @Test
    void theHandleOfAConsumerThatWasUnsubscribedNoLongerPausesIt() {
        R2dbcEventBus bus = node();
        RunningConsumer before = subscribe(bus, onA);
        before.unsubscribe().block(PATIENCE);
        before.pause().block(PATIENCE);

        subscribe(bus, onB);
        before.pause().block(PATIENCE);
        publish(bus, 10);

        awaitThat(() -> onB.get() == 10 && fixture.inbox("c").isEmpty());
    }

    @Test
    void pausingEndsAlsoWhenAnotherNodeDeletesTheConsumer() {
        R2dbcEventBus a = node();
        R2dbcEventBus b = node();
        RunningConsumer here = subscribe(a, onA);
        awaitThat(() -> fixture.leased("c") == 32);

        b.deleteConsumer("c").then(here.pause()).block(PATIENCE);

        assertThat(fixture.count("consumer")).isZero();
    }

    @Test
    void aNameThatIsNotRegisteredIsAnError() {
        R2dbcEventBus bus = node();

        assertThatThrownBy(() -> bus.pause("nobody").block(PATIENCE))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContaining("nobody");
        assertThatThrownBy(() -> bus.resume("nobody").block(PATIENCE)).isInstanceOf(InvalidConsumerException.class);
    }

    /** The poll is an hour, so that what other nodes know of a pause they know by the signal. */
    private R2dbcEventBus node() {
        return fixture.bus(options -> options.lease(Duration.ofSeconds(1)));
    }

    private RunningConsumer subscribe(R2dbcEventBus bus, AtomicInteger handled) {
        return bus.subscribe(spec("c").handle(event -> Mono.fromRunnable(handled::incrementAndGet)))
                .block(PATIENCE);
    }

    private boolean leasedBy(long nodes) {
        return fixture.one(
                "SELECT count(DISTINCT node_id) AS n FROM " + fixture.schema() + ".partition_lease",
                row -> row.get("n", Long.class) == nodes);
    }

    private static void publish(R2dbcEventBus bus, int count) {
        bus.publishAll(Flux.fromStream(IntStream.range(0, count).mapToObj(i -> Keyed.event("k" + i, i))))
                .then()
                .block(PATIENCE);
    }

    private static ConsumerSpec.Builder<Keyed> spec(String name) {
        return ConsumerSpec.named(name).on(Keyed.TYPE, Keyed.class);
    }
}
