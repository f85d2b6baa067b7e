package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class IngressIntegrationTests {

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void recordsThatComeAgainChangeNothing() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(2);
        Effects effects = effects(b);
        List<ProducerRecord<byte[], byte[]>> records = records(topic, 300, 20);
        // The producer sent each with an id twice.
        Topics.send(fixture.broker(), records);
        Topics.send(fixture.broker(), records);
        Topics.send(fixture.broker(), List.of(Topics.record(topic, "k", "1", "ce_type", "order.placed")));
        fixture.ingress(b, fixture.ingressOptions(topic).build()).close().block(PATIENCE);

        // Another group begins at the beginning, as after a reset of the offsets.
        IngressOptions again = fixture.ingressOptions(topic)
                .consumer("group.id", topic + "-again")
                .build();
        fixture.ingress(b, again);

        awaitThat(() -> Topics.committed(fixture.broker(), topic + "-again") == 601);
        effects.awaitThat(301);
        assertThat(fixture.count("b", "outbox_event")).isEqualTo(301);
    }

    @Test
    void offsetsAreCommittedOnlyAfterTheDatabaseAndASlowDatabaseCostsNoMembership() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(2);
        IngressOptions options = fixture.ingressOptions(topic)
                .batchSize(100)
                .keepAlive(Duration.ofMillis(100))
                .consumer("max.poll.interval.ms", 1_500)
                .build();
        Connection locking = fixture.pool.create().block(PATIENCE);
        Mono.from(locking.beginTransaction()).then(lockOutbox(locking)).block(PATIENCE);
        readWhileLocked(b, topic, options);
        Mono.from(locking.rollbackTransaction())
                .then(Mono.from(locking.close()))
                .block(PATIENCE);

        awaitThat(() -> Topics.committed(fixture.broker(), options.name()) == 2_000);
        assertThat(fixture.count("b", "outbox_event")).isEqualTo(2_000);
        assertThat(fixture.listener.duplicates).hasValue(0);
        assertThat(fixture.listener.failures).isEmpty();
    }

    private Mono<Void> lockOutbox(Connection connection) {
        return Flux.from(connection
                        .createStatement("LOCK TABLE " + fixture.schema("b") + ".outbox_event IN SHARE MODE")
                        .execute())
                .concatMap(result -> result.getRowsUpdated())
                .then();
    }

    private void readWhileLocked(R2dbcEventBus b, String topic, IngressOptions options) {
        Topics.send(fixture.broker(), records(topic, 2_000, 50));
        fixture.ingress(b, options);
        awaitThat(() -> fixture.listener.paused.get() == 1);
        // Longer than a member may be silent: what has to be seen is that nothing happens.
        await().atMost(PATIENCE)
                .during(Duration.ofSeconds(3))
                .until(() -> fixture.listener.revocations.get() == 0 && fixture.listener.polls.get() == 0);
        assertThat(Topics.committed(fixture.broker(), options.name())).isZero();
        assertThat(fixture.listener.assigned).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void membersComeAndGoUnderLoadAndEachRecordHasItsEffectOnceInTheOrderOfItsKey(String protocol) {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(8);
        Effects effects = effects(b);
        List<KafkaIngress> members = new ArrayList<>();
        IngressOptions options = fixture.ingressOptions(topic)
                .batchSize(50)
                .consumer("group.protocol", protocol)
                .build();
        members.add(fixture.ingress(b, withoutParking(options, topic)));
        members.add(fixture.ingress(b, withoutParking(options, topic)));
        Mono<Void> load = Flux.range(0, 30)
                .delayElements(Duration.ofMillis(100))
                .concatMap(i -> Mono.fromRunnable(() -> Topics.send(fixture.broker(), numbered(topic, i * 200, 200)))
                        .subscribeOn(Schedulers.boundedElastic()))
                .then()
                .cache();
        var running = load.subscribe();

        awaitThat(() -> fixture.listener.ingested.get() > 200);
        members.add(fixture.ingress(b, withoutParking(options, topic)));
        members.add(fixture.ingress(b, withoutParking(options, topic)));
        int atFour = fixture.listener.ingested.get();
        awaitThat(() -> fixture.listener.revocations.get() > 0 && fixture.listener.ingested.get() > atFour + 500);
        members.subList(0, 3).forEach(member -> member.close().block(PATIENCE));
        load.block(PATIENCE);

        effects.awaitThat(6_000);
        assertThat(running.isDisposed()).isTrue();
        assertThat(fixture.count("b", "outbox_event")).isEqualTo(6_000);
        assertThat(fixture.all("""
                        SELECT key FROM (
                            SELECT key, (payload ->> 'n')::int AS n,
                                   lag((payload ->> 'n')::int) OVER (PARTITION BY key ORDER BY seq) AS previous
                              FROM %s.outbox_event) AS e
                         WHERE previous > n
                        """.formatted(fixture.schema("b")), row -> row.get("key", String.class)))
                .isEmpty();
        assertThat(fixture.listener.failures).isEmpty();
    }

    private IngressOptions withoutParking(IngressOptions options, String topic) {
        return fixture.ingressOptions(topic)
                .batchSize(options.batchSize())
                .consumer("group.protocol", options.consumer().get("group.protocol"))
                .unreadable(UnreadableRecords.toTopic(topic + "-aside"))
                .build();
    }

    private static List<ProducerRecord<byte[], byte[]>> records(String topic, int count, int keys) {
        return IntStream.range(0, count)
                .mapToObj(i -> Topics.record(
                        topic,
                        "k" + i % keys,
                        "{\"n\":" + i + "}",
                        "ce_type",
                        "order.placed",
                        "ce_id",
                        UUID.nameUUIDFromBytes(Topics.bytes(topic + i)).toString()))
                .toList();
    }

    private static List<ProducerRecord<byte[], byte[]>> numbered(String topic, int from, int count) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> Topics.record(topic, "k" + i % 40, "{\"n\":" + i + "}", "ce_type", "order.placed"))
                .toList();
    }

    private Effects effects(R2dbcEventBus bus) {
        fixture.execute("CREATE TABLE " + fixture.schema("b") + ".effect (event_id uuid)");
        fixture.subscribe(
                bus,
                ConsumerSpec.named("effects")
                        .on("order.*")
                        .transactionalBatch(Connection.class, (events, connection) -> insert(events, connection)));
        return expected ->
                awaitThat(() -> fixture.count("b", "inbox") == 0 && fixture.count("b", "effect") == expected);
    }

    private Mono<Void> insert(List<Event<RawJson>> events, Connection connection) {
        return Flux.from(connection
                        .createStatement("INSERT INTO " + fixture.schema("b") + ".effect SELECT unnest($1::uuid[])")
                        .bind(0, events.stream().map(Event::id).toArray(UUID[]::new))
                        .execute())
                .concatMap(result -> result.getRowsUpdated())
                .then();
    }

    private interface Effects {

        /** As many effects as that, and nothing owed any more. */
        void awaitThat(long expected);
    }
}
