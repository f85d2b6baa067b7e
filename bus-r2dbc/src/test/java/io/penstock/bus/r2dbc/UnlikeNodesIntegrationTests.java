package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventType;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.RunningConsumer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** Nodes of two versions side by side: what one of them does not know is neither lost nor dead-lettered. */
class UnlikeNodesIntegrationTests {

    private static final int EVENTS = 40;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Cluster cluster = new Cluster(fixture);
    private final Queue<Integer> handled = new ConcurrentLinkedQueue<>();

    sealed interface Movement permits Left, Arrived {
        int place();
    }

    @EventType("movement.left")
    record Left(int place) implements Movement {}

    @EventType("movement.arrived")
    record Arrived(int place) implements Movement {}

    @EventType("parcel.weighed")
    record Weighed(int place, int kilos) {}

    /** The next version of the application has grams. */
    @EventType(value = "parcel.weighed", version = 2)
    record WeighedInGrams(int place, int grams) {}

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aConsumerThatOneNodeRunsIsNeverTouchedByAnother() {
        R2dbcEventBus a = join("a", JacksonEventCodec.create());
        Cluster.subscribe(a, things("both"));
        R2dbcEventBus b = join("b", JacksonEventCodec.create());
        Cluster.subscribe(b, things("both"), things("onlyB"));
        awaitThat(() -> cluster.isFair("both", 32, "a", "b") && cluster.isFair("onlyB", 32, "b"));

        publish(a, EVENTS, i -> Keyed.event("k" + i, 0));
        publish(b, EVENTS, i -> Keyed.event("l" + i, 0));

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(cluster.nodesThatStarted("both")).containsExactly("a", "b");
        assertThat(cluster.nodesThatStarted("onlyB")).containsExactly("b");
        cluster.leave("b");
        awaitThat(() -> cluster.isFair("both", 32, "a"));
        publish(a, EVENTS, i -> Keyed.event("m" + i, 0));
        awaitThat(() -> fixture.inbox("both").isEmpty());
        assertThat(fixture.inbox("onlyB")).isEqualTo(Map.of(0, (long) EVENTS));
        assertThat(fixture.leased("onlyB")).isZero();
    }

    @Test
    void twoNodesThatRegisterTheSameNewConsumersAtOnceShareThem() {
        R2dbcEventBus a = join("a", JacksonEventCodec.create());
        R2dbcEventBus b = join("b", JacksonEventCodec.create());
        List<String> names = IntStream.range(0, 10).mapToObj(i -> "new" + i).toList();

        Flux.fromIterable(names)
                .flatMap(name -> Mono.when(a.subscribe(things(name)), b.subscribe(things(name))))
                .blockLast(PATIENCE);

        awaitThat(() -> names.stream().allMatch(name -> cluster.isFair(name, 32, "a", "b")));
        assertThat(fixture.count("consumer")).isEqualTo(names.size());
        publish(a, EVENTS, i -> Keyed.event("k" + i, 0));
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(cluster.starts)
                .hasSize(EVENTS * names.size())
                .allSatisfy((event, on) -> assertThat(on).hasSize(1));
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void unsubscribedOnOneNodeAConsumerGoesOnWithAllOfItsPartitionsOnTheOther() {
        R2dbcEventBus a = join("a", JacksonEventCodec.create());
        RunningConsumer onA = Cluster.subscribe(a, things("c")).get(0);
        R2dbcEventBus b = join("b", JacksonEventCodec.create());
        Cluster.subscribe(b, things("c"));
        awaitThat(() -> cluster.isFair("c", 32, "a", "b"));

        onA.unsubscribe().block(PATIENCE);
        publish(a, EVENTS, i -> Keyed.event("k" + i, 0));

        awaitThat(() -> fixture.count("inbox") == 0 && cluster.isFair("c", 32, "b"));
        assertThat(cluster.nodesThatStarted("c")).containsExactly("b");
        Cluster.subscribe(a, things("c"));
        awaitThat(() -> cluster.isFair("c", 32, "a", "b"));
    }

    @Test
    void aTypeThatOnlyTheNewVersionTakesWaitsForIt() {
        ConsumerSpec.Builder<Keyed> known =
                ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class).ordered();
        ConsumerSpec<Keyed> before =
                known.handle(event -> handled(event.payload().place()));
        ConsumerSpec<Keyed> after = known.on("thing.new", Keyed.class)
                .handle(event -> handled(event.payload().place()));

        assertTheNewVersionHandlesAll(
                JacksonEventCodec.create(),
                before,
                JacksonEventCodec.create(),
                after,
                i -> Event.builder(i % 2 == 0 ? Keyed.TYPE : "thing.new", new Keyed("k" + i / 4, i)));
    }

    @Test
    void aTypeBelowACommonParentThatOnlyTheNewVersionHasRegisteredWaitsForIt() {
        ConsumerSpec<?> spec = ConsumerSpec.named("c")
                .on("movement.*", Movement.class)
                .ordered()
                .handle(event -> handled(event.payload().place()));
        assertTheNewVersionHandlesAll(
                JacksonEventCodec.builder().register(Left.class).build(),
                spec,
                JacksonEventCodec.builder()
                        .register(Left.class)
                        .register(Arrived.class)
                        .build(),
                spec,
                i -> Event.builder(i % 2 == 0 ? new Left(i) : new Arrived(i)));
    }

    @Test
    void aPayloadOfAVersionThatOnlyTheNewNodesKnowWaitsForThem() {
        JacksonEventCodec lifting = JacksonEventCodec.builder()
                .upcaster(
                        "parcel.weighed",
                        1,
                        json -> ((ObjectNode) json)
                                .put("grams", 1_000 * json.get("kilos").asInt())
                                .without("kilos"))
                .build();
        assertTheNewVersionHandlesAll(
                JacksonEventCodec.create(),
                ConsumerSpec.named("c")
                        .on(Weighed.class)
                        .ordered()
                        .handle(event -> handled(event.payload().place())),
                lifting,
                ConsumerSpec.named("c").on(WeighedInGrams.class).ordered().handle(event -> {
                    assertThat(event.payload().grams()).isEqualTo(1_000);
                    return handled(event.payload().place());
                }),
                i -> Event.builder(i % 2 == 0 ? new Weighed(i, 1) : new WeighedInGrams(i, 1_000)));
    }

    /** Both run side by side and have their share of the partitions; then the old one leaves. */
    private void assertTheNewVersionHandlesAll(
            JacksonEventCodec oldCodec,
            ConsumerSpec<?> oldSpec,
            JacksonEventCodec newCodec,
            ConsumerSpec<?> newSpec,
            IntFunction<Event.Builder<?>> event) {
        Cluster.subscribe(join("old", oldCodec), oldSpec);
        R2dbcEventBus next = join("new", newCodec);
        Cluster.subscribe(next, newSpec);
        awaitThat(() -> cluster.isFair("c", 32, "old", "new"));

        publish(next, EVENTS, i -> event.apply(i).key("k" + i / 4).build());
        // Put off, and waited for by what comes behind it.
        awaitThat(() -> !fixture.listener.released.isEmpty()
                && fixture.inbox("c").keySet().equals(Set.of(1, 2)));
        assertThat(fixture.count("inbox WHERE attempts > 0")).isZero();
        cluster.leave("old");
        fixture.execute("UPDATE %s.inbox SET due_at = now() WHERE state = 1".formatted(fixture.schema()));

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(fixture.listener.dead).isEmpty();
        assertThat(fixture.listener.retries).isEmpty();
        assertThat(handled).hasSize(EVENTS).doesNotHaveDuplicates();
        for (int key = 0; key < EVENTS / 4; key++) {
            int of = key;
            assertThat(handled.stream().filter(place -> place / 4 == of)).isSorted();
        }
    }

    private Mono<Void> handled(int place) {
        return Mono.fromRunnable(() -> handled.add(place));
    }

    private R2dbcEventBus join(String node, JacksonEventCodec codec) {
        return cluster.join(
                node, options -> options.lease(Duration.ofSeconds(3)).codec(codec));
    }

    private static ConsumerSpec<?> things(String name) {
        return ConsumerSpec.named(name).on(Keyed.TYPE, Keyed.class).handle(event -> Mono.empty());
    }

    private static void publish(R2dbcEventBus bus, int events, Function<Integer, Event<?>> event) {
        bus.publishAll(BusFixture.range(events, event)).blockLast(PATIENCE);
    }
}
