package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Whatever events contain, a handler gets each as it was published. */
class RoundTripIntegrationTests {

    private static final int EVENTS = 1_000;
    // What is usual is known after the first.
    private static final int SEVERAL_PAGES = 50;
    // What may separate values somewhere on the way, what looks like numbers, and characters of two to four bytes.
    private static final List<String> NAMES = List.of(
            "a",
            " ",
            "  0 1 ",
            "-",
            "-1",
            "\u001e",
            "\u001ea 1\u001e",
            "\t\n",
            "\"}",
            "é",
            "\u20ac7",
            "\ud83d\ude00",
            "x\ud83d\ude00 y");
    private static final List<String> PAYLOADS = List.of(
            "1",
            "-1",
            "null",
            "{}",
            " {\n\t\"a\" : \"1 2\" }\n",
            "\"\\u001e\"",
            "\"\ud83d\ude00 é\"",
            "[\"\\\\\", 1.50]");

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Random random = new Random(7);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsEachEventAsItWasPublished(boolean ordered) throws Exception {
        BlockingQueue<Event<RawJson>> handled = new LinkedBlockingQueue<>();
        R2dbcEventBus bus = fixture.bus();
        fixture.subscribe(bus, collecting(ordered, handled)).unsubscribe().block(PATIENCE);
        List<Event<RawJson>> published =
                Stream.generate(this::event).limit(EVENTS).toList();
        bus.publishAll(Flux.fromIterable(published)).then().block(PATIENCE);

        fixture.subscribe(bus, collecting(ordered, handled));

        List<Event<RawJson>> received = take(handled);
        assertThat(received.stream().map(RoundTripIntegrationTests::values))
                .containsExactlyInAnyOrderElementsOf(published.stream()
                        .map(RoundTripIntegrationTests::values)
                        .toList());
        BusFixture.awaitThat(() -> fixture.count("inbox") == 0);
    }

    private static ConsumerSpec<RawJson> collecting(boolean ordered, BlockingQueue<Event<RawJson>> handled) {
        ConsumerSpec.Builder<RawJson> builder =
                ConsumerSpec.named("collector").on("order.*").prefetch(SEVERAL_PAGES);
        return (ordered ? builder.ordered() : builder).handle(event -> Mono.fromRunnable(() -> handled.add(event)));
    }

    private static List<Event<RawJson>> take(BlockingQueue<Event<RawJson>> handled) throws InterruptedException {
        List<Event<RawJson>> received = new ArrayList<>();
        while (received.size() < EVENTS) {
            Event<RawJson> next = handled.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            assertThat(next).as("event after %s", received.size()).isNotNull();
            received.add(next);
        }
        return received;
    }

    private Event<RawJson> event() {
        Event.Builder<RawJson> event = Event.builder(
                        oneOf(List.of("order.a", "order.placed")), new RawJson(oneOf(PAYLOADS)))
                .source(oneOf(NAMES));
        if (random.nextBoolean()) {
            event.key(oneOf(NAMES));
        }
        if (random.nextInt(4) == 0) {
            event.aggregate(oneOf(NAMES), oneOf(NAMES));
        }
        if (random.nextInt(4) == 0) {
            IntStream.range(0, 2).forEach(i -> event.header("h" + oneOf(NAMES), oneOf(NAMES)));
        }
        if (random.nextInt(4) == 0) {
            event.version(2 + random.nextInt(100));
        }
        if (random.nextInt(4) == 0) {
            event.occurredAt(Instant.EPOCH.minusNanos(1_000L * random.nextInt()));
        }
        if (random.nextInt(4) == 0) {
            event.deliverAt(Instant.now().minus(Duration.ofHours(1)));
        }
        if (random.nextInt(4) == 0) {
            event.expiresAt(Instant.now().plus(Duration.ofHours(1)));
        }
        return event.build();
    }

    private <V> V oneOf(List<V> values) {
        return values.get(random.nextInt(values.size()));
    }

    private static List<Object> values(Event<RawJson> event) {
        List<Object> values = new ArrayList<>(List.of(
                event.id(), event.type(), event.version(), event.payload(), event.headers(), event.occurredAt()));
        values.add(event.source());
        values.add(event.aggregateType());
        values.add(event.aggregateId());
        values.add(event.key());
        values.add(event.deliverAt());
        values.add(event.expiresAt());
        return values;
    }
}
