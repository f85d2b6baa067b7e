package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/**
 * A broker tells of a new topic before it takes records for all of its partitions. It may so refuse a producer's first
 * batch and take the second, after which the first never fits (KAFKA-15591): until it times out.
 */
class NewTopicsIntegrationTests {

    private static final int TOPICS = 2;
    private static final int PARTITIONS = 30;
    private static final int KEYS = 200;
    private static final int EVENTS = 2 * KEYS;

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void topicsThatAreMadeWhileTheirEventsAreSentGetAllOfThemInOrder() throws Exception {
        R2dbcEventBus a = fixture.bus("a");
        String prefix = fixture.schema("fresh") + "-";
        fixture.relay(
                a,
                fixture.relayOptions("unused")
                        .routing(Routing.byAggregate(prefix))
                        .concurrency(8)
                        // Tried again at once, and each record on its own: what is needed for one to pass another.
                        .producer("retry.backoff.ms", 1)
                        .producer("retry.backoff.max.ms", 1)
                        .producer("batch.size", 1)
                        .build());

        try (Admin admin = fixture.broker().admin()) {
            for (int topic = 0; topic < TOPICS; topic++) {
                var created = admin.createTopics(
                        List.of(new NewTopic(prefix + topic, Optional.of(PARTITIONS), Optional.empty())));
                publish(a, events(topic));
                created.all().get();
            }
        }

        awaitThat(() -> fixture.count("a", "inbox") == 0);
        List<ConsumerRecord<byte[], byte[]>> arrived = new ArrayList<>();
        for (int topic = 0; topic < TOPICS; topic++) {
            arrived.addAll(Topics.read(fixture.broker(), prefix + topic));
        }
        Numbered.assertComplete(arrived, TOPICS * EVENTS);
        assertThat(fixture.listener.refused).isEmpty();
    }

    private static Flux<Event<?>> events(int topic) {
        return Flux.range(topic * EVENTS, EVENTS)
                .map(i -> Event.builder("order.placed", new RawJson(Integer.toString(i)))
                        .aggregate(Integer.toString(topic), "k" + i % KEYS)
                        .build());
    }

    private static void publish(R2dbcEventBus bus, Flux<Event<?>> events) {
        assertThat(bus.publishAll(events).all(result -> result.isStored()).block(PATIENCE))
                .isTrue();
    }
}
