package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.InvalidConsumerException;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Watching the bus: what is committed from now on, by whichever node, at the pace of who watches. */
class TailIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Queue<String> seen = new ConcurrentLinkedQueue<>();

    @Test
    void emitsWhatIsCommittedFromNowOnByAnyNodeAndMatchesAndNothingElse() {
        R2dbcEventBus a = fixture.bus();
        R2dbcEventBus b = fixture.bus();
        a.publish(event("order.placed", "before")).block(PATIENCE);
        watch(a, "order.*", "invoice.sent");

        a.publish(event("order.placed", "1")).block(PATIENCE);
        b.publish(event("invoice.sent", "2")).block(PATIENCE);
        b.publish(event("invoice.paid", "no")).block(PATIENCE);
        b.publish(event("order.shipped", "3")).block(PATIENCE);

        awaitThat(() -> seen.size() == 3);
        assertThat(seen).containsExactly("1", "2", "3");
    }

    @Test
    void anEventThatCommitsLateIsEmittedOnceAndNothingTwice() {
        R2dbcEventBus bus = fixture.bus();
        watch(bus, "*");
        Connection late = Mono.from(fixture.application.create()).block(PATIENCE);
        Mono.from(late.beginTransaction()).block(PATIENCE);
        bus.publish(late, event("a.b", "late")).block(PATIENCE);
        for (int i = 0; i < 5; i++) {
            int number = i;
            bus.publish(event("a.b", "early" + i)).block(PATIENCE);
            awaitThat(() -> seen.contains("early" + number));
        }

        Mono.from(late.commitTransaction()).block(PATIENCE);

        awaitThat(() -> seen.contains("late"));
        bus.publish(event("a.b", "last")).block(PATIENCE);
        awaitThat(() -> seen.contains("last"));
        assertThat(seen).containsExactly("early0", "early1", "early2", "early3", "early4", "late", "last");
        Mono.from(late.close()).block(PATIENCE);
    }

    @Test
    void aRolledBackEventIsNotEmitted() {
        R2dbcEventBus bus = fixture.bus();
        watch(bus, "*");

        bus.inTransaction(tx -> tx.publish(event("a.b", "no")).then(Mono.error(new IllegalStateException("no"))))
                .onErrorComplete()
                .then(bus.publish(event("a.b", "yes")))
                .block(PATIENCE);

        awaitThat(() -> seen.contains("yes"));
        assertThat(seen).containsExactly("yes");
    }

    @Test
    void isReadByDemandAndMissesNothing() {
        R2dbcEventBus bus = fixture.bus();
        StepVerifier.create(bus.tail("a.*").map(event -> event.payload().text()), 0)
                .expectSubscription()
                .thenRequest(1)
                // None is cancelled at the end: it could be stored among those that follow.
                .then(() -> Flux.range(0, 100)
                        .concatMap(i -> bus.publish(event("a.b", "first")).then(Mono.delay(Duration.ofMillis(10))))
                        .then(bus.publishAll(Flux.range(0, 2_000).map(i -> event("a.c", "" + i)))
                                .then())
                        .block(PATIENCE))
                .expectNext("\"first\"")
                .thenRequest(Long.MAX_VALUE)
                .thenConsumeWhile(text -> text.equals("\"first\""))
                .expectNextSequence(
                        IntStream.range(0, 2_000).mapToObj(i -> "\"" + i + "\"").toList())
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void completesWhenTheBusIsClosed() {
        R2dbcEventBus bus = fixture.bus();

        StepVerifier.create(bus.tail("*"))
                .then(() -> bus.close().block(PATIENCE))
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void aMalformedPatternIsRefused() {
        StepVerifier.create(fixture.bus().tail("no spaces"))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(InvalidConsumerException.class)
                        .hasMessageContaining("no spaces"))
                .verify(PATIENCE);
    }

    /** Watches, and waits until something was seen: from then on nothing may be missed. */
    private void watch(R2dbcEventBus bus, String... patterns) {
        AtomicBoolean following = new AtomicBoolean();
        bus.tail(patterns)
                .map(event -> event.payload().text().replace("\"", ""))
                .subscribe(text -> {
                    following.set(true);
                    seen.add(text);
                });
        String type = patterns[0].replace("*", "probe");
        awaitThat(() -> {
            bus.publish(event(type, "probe")).block(PATIENCE);
            return following.get();
        });
        bus.publish(event(type, "followed")).block(PATIENCE);
        awaitThat(() -> seen.contains("followed"));
        seen.clear();
    }

    private static Event<RawJson> event(String type, String text) {
        return Event.of(type, new RawJson('"' + text + '"'));
    }
}
