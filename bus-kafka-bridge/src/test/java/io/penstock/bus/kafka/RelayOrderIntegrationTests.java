package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Event;
import io.penstock.bus.OnDead;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class RelayOrderIntegrationTests {

    private static final int TOO_LARGE = 4_000;
    private static final RetryPolicy TWICE =
            RetryPolicy.attempts(2).withBackoff(Duration.ofMillis(10), Duration.ofMillis(20));

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void manyKeysAndAHotOneArriveInOrder() {
        R2dbcEventBus a = fixture.bus("a");
        String topic = fixture.topic(4);
        fixture.relay(a, fixture.relayOptions(topic).build());

        Random random = new Random(1);
        publish(
                a,
                Flux.range(0, 4_000)
                        .map(i -> event(random.nextInt(10) < 3 ? "hot" : "k" + random.nextInt(300), i, 10)));

        awaitThat(() -> fixture.count("a", "inbox") == 0);
        Map<String, List<Integer>> arrived = byKey(Topics.read(fixture.broker(), topic));
        assertThat(arrived.values().stream().mapToInt(List::size).sum()).isEqualTo(4_000);
        assertThat(arrived.values()).allSatisfy(numbers -> assertThat(numbers).isSorted());
        assertThat(fixture.listener.outages).isEmpty();
    }

    /** The client refuses what is larger than a request, the broker what is larger than the topic allows. */
    @ParameterizedTest
    @ValueSource(strings = {"client", "broker"})
    void aRefusedRecordHoldsBackItsKeyOnlyAndBecomesADeadLetter(String who) {
        R2dbcEventBus a = fixture.bus("a");
        String topic = who.equals("broker") ? fixture.topic(1, Map.of("max.message.bytes", "2500")) : fixture.topic(1);
        publish(
                a,
                Flux.just(
                        event("bad", 1, 10),
                        event("good", 2, 10),
                        event("bad", 3, TOO_LARGE),
                        event("bad", 4, 10),
                        event("good", 5, 10)));
        RelayOptions.Builder options = fixture.relayOptions(topic).retry(TWICE);
        if (who.equals("client")) {
            options.producer("max.request.size", 3_000);
        }
        // Registered only now, it is owed nothing; so what follows is published again for it.
        fixture.relay(a, options.build());
        publish(
                a,
                Flux.just(
                        event("bad", 11, 10),
                        event("good", 12, 10),
                        event("bad", 13, TOO_LARGE),
                        event("bad", 14, 10),
                        event("good", 15, 10)));

        awaitThat(() -> deadLetters(a).size() == 1 && fixture.count("a", "inbox WHERE state <> 3 AND state <> 2") == 0);
        assertThat(byKey(Topics.read(fixture.broker(), topic)))
                .containsExactlyInAnyOrderEntriesOf(Map.of("bad", List.of(11), "good", List.of(12, 15)));
        DeadLetter letter = deadLetters(a).get(0);
        assertThat(letter.attempts()).isEqualTo(2);
        assertThat(letter.error()).contains("RecordTooLargeException");
        assertThat(fixture.count("a", "inbox WHERE state = 2")).isEqualTo(1);
        assertThat(fixture.listener.refused).hasSize(2);
        assertThat(fixture.listener.outages).isEmpty();

        a.deadLetters().discard(DeadLetterFilter.of("relay")).block(PATIENCE);

        awaitThat(() -> fixture.count("a", "inbox") == 0);
        assertThat(byKey(Topics.read(fixture.broker(), topic))).containsEntry("bad", List.of(11, 14));
    }

    @Test
    void refusalsAtRandomPlacesNeverLetALaterEventOfTheKeyPass() {
        R2dbcEventBus a = fixture.bus("a");
        String topic = fixture.topic(3, Map.of("max.message.bytes", "2500"));
        fixture.relay(
                a,
                fixture.relayOptions(topic).retry(TWICE).onDead(OnDead.PARK_KEY).build());
        Random random = new Random(2);
        Map<String, Set<Integer>> expected = new HashMap<>();
        Set<String> stopped = new TreeSet<>();
        List<Event<RawJson>> events = new ArrayList<>();
        for (int i = 0; i < 1_500; i++) {
            String key = "k" + random.nextInt(60);
            boolean tooLarge = random.nextInt(50) == 0;
            events.add(event(key, i, tooLarge ? TOO_LARGE : 10));
            if (tooLarge) {
                stopped.add(key);
            } else if (!stopped.contains(key)) {
                expected.computeIfAbsent(key, k -> new TreeSet<>()).add(i);
            }
        }

        publish(a, Flux.fromIterable(events));

        awaitThat(() -> deadLetters(a).size() == stopped.size()
                && fixture.count("a", "inbox WHERE state <> 3 AND state <> 2") == 0);
        Map<String, List<Integer>> arrived = byKey(Topics.read(fixture.broker(), topic));
        assertThat(arrived.keySet()).isEqualTo(expected.keySet());
        assertThat(arrived)
                .allSatisfy((key, numbers) -> assertThat(numbers).containsExactlyElementsOf(expected.get(key)));
    }

    private static List<DeadLetter> deadLetters(R2dbcEventBus bus) {
        return bus.deadLetters()
                .list(DeadLetterFilter.of("relay"))
                .collectList()
                .block(PATIENCE);
    }

    private static void publish(R2dbcEventBus bus, Flux<Event<RawJson>> events) {
        assertThat(bus.publishAll(events).all(result -> result.isStored()).block(PATIENCE))
                .isTrue();
    }

    private static Event<RawJson> event(String key, int number, int size) {
        String text = "{\"n\":" + number + ",\"text\":\"" + "x".repeat(size) + "\"}";
        return Event.builder("order.placed", new RawJson(text)).key(key).build();
    }

    private static Map<String, List<Integer>> byKey(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<String, List<Integer>> numbers = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            String value = Topics.text(record.value());
            int number = Integer.parseInt(value.substring(5, value.indexOf(',')));
            numbers.computeIfAbsent(Topics.text(record.key()), key -> new ArrayList<>())
                    .add(number);
        }
        return numbers;
    }
}
