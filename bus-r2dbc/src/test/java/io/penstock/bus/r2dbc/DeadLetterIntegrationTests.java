package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Event;
import io.penstock.bus.OnDead;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Dead letters: listed, read, redriven, discarded, and never lost. */
class DeadLetterIntegrationTests {

    private static final RetryPolicy TWICE =
            RetryPolicy.attempts(2).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1));

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Keyed.Log log = new Keyed.Log();
    private final AtomicBoolean healed = new AtomicBoolean();

    @Test
    void eachFilterNarrowsTheList() {
        R2dbcEventBus bus = fixture.bus();
        bury(bus);
        Instant middle = fixture.one("SELECT clock_timestamp() AS t", row -> row.get("t", Instant.class));
        fixture.execute("UPDATE %1$s.inbox SET failed_at = failed_at + interval '1 day' WHERE seq > 10"
                .formatted(fixture.schema()));
        Instant later = middle.plus(Duration.ofHours(12));

        assertThat(list(bus, DeadLetterFilter.all()))
                .hasSize(40)
                .isSortedAccordingTo(Comparator.comparingLong(DeadLetter::position));
        assertThat(list(bus, DeadLetterFilter.of("one")))
                .hasSize(20)
                .allMatch(letter -> letter.consumer().equals("one"));
        assertThat(list(bus, DeadLetterFilter.all().withKey("k3")))
                .hasSize(8)
                .allMatch(letter -> "k3".equals(letter.event().key()));
        assertThat(list(bus, DeadLetterFilter.all().withType("thing.*"))).hasSize(40);
        assertThat(list(bus, DeadLetterFilter.all().withType("other.*"))).isEmpty();
        assertThat(list(bus, DeadLetterFilter.of("two").withErrorContaining("two cannot take 7")))
                .singleElement()
                .satisfies(letter -> assertThat(letter.event().payload().text()).contains("7"));
        assertThat(list(bus, DeadLetterFilter.all().withErrorContaining("%"))).isEmpty();
        assertThat(list(bus, DeadLetterFilter.all().withFailedBetween(Instant.EPOCH, later)))
                .hasSize(20);
        assertThat(list(bus, DeadLetterFilter.of("one").withFailedBetween(later, later.plus(Duration.ofDays(9)))))
                .hasSize(10);
        assertThat(list(bus, DeadLetterFilter.all().withLimit(7))).hasSize(7);
    }

    @Test
    void pagesMeetAlsoBetweenTwoConsumersOfOneEvent() {
        R2dbcEventBus bus = fixture.bus();
        bury(bus);
        List<DeadLetter> all = list(bus, DeadLetterFilter.all());

        List<DeadLetter> paged = new ArrayList<>();
        List<DeadLetter> page = list(bus, DeadLetterFilter.all().withLimit(3));
        while (!page.isEmpty()) {
            paged.addAll(page);
            page = list(
                    bus,
                    DeadLetterFilter.all()
                            .withLimit(3)
                            .withAfter(page.get(page.size() - 1).position()));
        }

        assertThat(paged)
                .hasSize(40)
                .extracting(DeadLetter::position)
                .containsExactlyElementsOf(
                        all.stream().map(DeadLetter::position).toList());
    }

    @Test
    void aLetterTellsItsCauseItsAttemptsAndItsEvent() {
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on(Keyed.TYPE, Keyed.class)
                        .retry(TWICE)
                        .handle(event ->
                                Mono.error(new IllegalStateException("outer", new ArithmeticException("inner")))));
        Event<Keyed> event = Keyed.builder("a", 5).header("tenant", "t-1").build();

        bus.publish(event).block(PATIENCE);

        awaitThat(() -> fixture.listener.dead.size() == 1);
        DeadLetter letter = bus.deadLetters().get("c", event.id()).block(PATIENCE);
        assertThat(letter.attempts()).isEqualTo(2);
        assertThat(letter.error())
                .contains("IllegalStateException: outer", "Caused by: java.lang.ArithmeticException: inner");
        assertThat(letter.event().header("tenant")).isEqualTo("t-1");
        assertThat(letter.event().payload().text()).isEqualTo("{\"key\":\"a\",\"place\":5}");
        assertThat(letter)
                .as("what the callback got")
                .usingRecursiveComparison()
                .isEqualTo(fixture.listener.dead.get(0));
        assertThat(bus.deadLetters().get("other", event.id()).blockOptional(PATIENCE))
                .isEmpty();
        assertThat(bus.deadLetters().get("c", UUID.randomUUID()).blockOptional(PATIENCE))
                .isEmpty();
    }

    @Test
    void oneSomeAndAWholeKeyAreRedriven() {
        R2dbcEventBus bus = fixture.bus();
        bury(bus);
        healed.set(true);
        UUID first = list(bus, DeadLetterFilter.of("one")).get(0).event().id();

        assertThat(bus.deadLetters().redrive("one", first).block(PATIENCE)).isTrue();
        awaitThat(() -> fixture.inbox("one").equals(Map.of(3, 19L)));
        assertThat(bus.deadLetters().redrive("one", first).block(PATIENCE)).isFalse();
        assertThat(bus.deadLetters().redriveKey("one", "k2").block(PATIENCE)).isEqualTo(4);
        awaitThat(() -> fixture.inbox("one").equals(Map.of(3, 15L)));
        assertThat(log.of("k2")).containsExactly(2, 7, 12, 17);
        assertThat(bus.deadLetters()
                        .redrive(DeadLetterFilter.all().withErrorContaining("one cannot take 1"))
                        .block(PATIENCE))
                .as("1, 10, 11, 13 to 16, 18 and 19, as 12 and 17 are gone")
                .isEqualTo(9);
        awaitThat(() -> fixture.inbox("one").equals(Map.of(3, 6L)));
        assertThat(fixture.inbox("two")).isEqualTo(Map.of(3, 20L));
    }

    @Test
    void aRedrivenLetterHasAllItsAttemptsAgain() {
        R2dbcEventBus bus = fixture.bus();
        bury(bus);
        int dead = fixture.listener.dead.size();

        bus.deadLetters().redriveKey("one", "k0").block(PATIENCE);

        awaitThat(() -> fixture.listener.dead.size() == dead + 4);
        assertThat(fixture.listener.dead.subList(dead, dead + 4)).allMatch(letter -> letter.attempts() == 2);
        assertThat(fixture.listener.retries).hasSize(40 + 4);
    }

    @Test
    void oneAndSomeAreDiscarded() {
        R2dbcEventBus bus = fixture.bus();
        bury(bus);
        UUID first = list(bus, DeadLetterFilter.of("two")).get(0).event().id();

        assertThat(bus.deadLetters().discard("two", first).block(PATIENCE)).isTrue();
        assertThat(bus.deadLetters().discard("two", first).block(PATIENCE)).isFalse();
        assertThat(bus.deadLetters()
                        .discard(DeadLetterFilter.all().withKey("k1"))
                        .block(PATIENCE))
                .isEqualTo(8);

        assertThat(fixture.inbox("one")).isEqualTo(Map.of(3, 16L));
        assertThat(fixture.inbox("two")).isEqualTo(Map.of(3, 15L));
    }

    @Test
    void aHugeErrorWithCharactersThatCannotBeStoredIsCutAndStored() {
        R2dbcEventBus bus = fixture.bus();
        String text = "nul \0 lone \ud800 end" + "x".repeat(1 << 20);
        fixture.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on(Keyed.TYPE, Keyed.class)
                        .retry(TWICE)
                        .handle(event -> Mono.error(new IllegalStateException(text))));

        bus.publish(Keyed.event("a", 0)).block(PATIENCE);

        awaitThat(() -> fixture.listener.dead.size() == 1);
        assertThat(list(bus, DeadLetterFilter.of("c")))
                .singleElement()
                .satisfies(letter -> assertThat(letter.error())
                        .hasSize(ErrorText.MOST_CHARACTERS)
                        .startsWith("java.lang.IllegalStateException: nul \ufffd lone ? end")
                        .endsWith("x…"));
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void theCallbackIsMadeOncePerDeadLetter() {
        R2dbcEventBus bus = fixture.bus();
        bury(bus);

        assertThat(fixture.listener.dead).hasSize(40);
        assertThat(fixture.listener.dead).extracting(DeadLetter::position).doesNotHaveDuplicates();
        assertThat(fixture.listener.dead)
                .allSatisfy(letter -> assertThat(bus.deadLetters()
                                .get(letter.consumer(), letter.event().id())
                                .block(PATIENCE))
                        .usingRecursiveComparison()
                        .isEqualTo(letter));
    }

    @Test
    void lettersOutliveTheBusAndAreRedrivenByTheNext() {
        R2dbcEventBus bus = fixture.bus();
        bury(bus);
        bus.close().block(PATIENCE);
        healed.set(true);

        R2dbcEventBus next = fixture.bus();
        assertThat(list(next, DeadLetterFilter.all())).hasSize(40);
        fixture.subscribe(next, spec("one"));
        assertThat(log.places).as("nothing is retried by itself").isEmpty();
        next.deadLetters().redrive(DeadLetterFilter.of("one")).block(PATIENCE);

        awaitThat(() -> fixture.inbox("one").isEmpty());
        assertThat(fixture.inbox("two")).isEqualTo(Map.of(3, 20L));
    }

    @Test
    void aRedriveOnAnotherBusIsFoundByThePollOfTheOneThatRunsTheConsumer() {
        R2dbcEventBus owner = fixture.bus(options -> options.pollInterval(Duration.ofMillis(50)));
        bury(owner);
        R2dbcEventBus other = fixture.bus();
        healed.set(true);

        assertThat(other.deadLetters().redrive(DeadLetterFilter.all()).block(PATIENCE))
                .isEqualTo(40);

        awaitThat(() -> fixture.count("inbox") == 0);
    }

    /** Twenty events over five keys, dead for two consumers. */
    private void bury(R2dbcEventBus bus) {
        fixture.subscribe(bus, spec("one"));
        fixture.subscribe(bus, spec("two"));
        bus.publishAll(Flux.fromStream(IntStream.range(0, 20).mapToObj(i -> Keyed.event("k" + i % 5, i))))
                .then()
                .block(PATIENCE);
        awaitThat(() -> fixture.listener.dead.size() == 40);
    }

    private ConsumerSpec<Keyed> spec(String name) {
        return ConsumerSpec.named(name)
                .on(Keyed.TYPE, Keyed.class)
                .ordered()
                .onDead(OnDead.SKIP)
                .retry(TWICE)
                .handle(event -> healed.get()
                        ? Mono.fromRunnable(() -> log.add(event.payload()))
                        : Mono.error(new IllegalStateException(
                                name + " cannot take " + event.payload().place())));
    }

    private static List<DeadLetter> list(R2dbcEventBus bus, DeadLetterFilter filter) {
        return bus.deadLetters().list(filter).collectList().block(PATIENCE);
    }
}
