package io.penstock.bus.kafka;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.RunningConsumer;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Rates of relay and ingress beside those of what they stand on, in one run on one machine: the ratios are what counts.
 * PostgreSQL syncs its commits. Not a test: {@code main} prints.
 */
final class BridgeBenchmark {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String PAYLOAD = "{\"order\":%d,\"text\":\"" + "x".repeat(200) + "\"}";

    private final ConnectionPool pool;
    private final TestBroker broker;
    private final int events;

    private BridgeBenchmark(ConnectionPool pool, TestBroker broker, int events) {
        this.pool = pool;
        this.broker = broker;
        this.events = events;
    }

    public static void main(String[] args) throws Exception {
        int events = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "on")
                        .setServerConfig("synchronous_commit", "on")
                        .setServerConfig("full_page_writes", "on")
                        .setServerConfig("max_wal_size", "4GB")
                        .start();
                TestBroker broker = TestBroker.start()) {
            BridgeBenchmark benchmark = new BridgeBenchmark(pool(postgres.getPort()), broker, events);
            for (int round = 1; round <= 3; round++) {
                System.out.println("round " + round + (round == 1 ? " (warms up)" : ""));
                benchmark.round(round);
            }
        }
        System.exit(0);
    }

    private void round(int round) {
        String topic = "bench-" + round;
        createTopic(topic);
        R2dbcEventBus a = bus("a" + round);
        List.of(relayOptions("relay", topic), relayOptions("noop", topic))
                .forEach(options -> register(a, options.name()));
        double bulk = print("publishAll, fan-out to 2", events, () -> publish(a, 10_000, events));
        double noop = print("no-op drain", events, () -> noopDrain(a));
        double relay = print("relay", events, () -> relayDrain(a, topic));
        double producer = print("plain producer", events, () -> plainProducer(round));
        double consumer = print("plain consumer", events, () -> Topics.read(broker, topic));
        R2dbcEventBus b = bus("b" + round);
        R2dbcEventBus c = bus("c" + round);
        List<ConsumerRecord<byte[], byte[]>> records = Topics.read(broker, topic);
        double same = print("publishAll of these records", events, () -> publish(c, topic, records));
        double ingress = print("ingress", events, () -> ingress(b, topic));
        int few = events / 20;
        publish(a, 1, few);
        double hot = print("relay, one key only", few, () -> relayDrain(a, topic));
        System.out.printf(
                Locale.ROOT,
                "relay/no-op %.2f, relay/producer %.2f, ingress/publishAll %.2f, ingress/consumer %.2f, hot/relay %.3f,"
                        + " bulk %.0f%n",
                relay / noop,
                relay / producer,
                ingress / same,
                ingress / consumer,
                hot / relay,
                bulk);
        Mono.when(a.close(), b.close(), c.close()).block(PATIENCE);
    }

    private void noopDrain(R2dbcEventBus bus) {
        RunningConsumer running = bus.subscribe(ConsumerSpec.named("noop")
                        .on("order.*")
                        .ordered()
                        .concurrency(4)
                        .batchSize(500)
                        .prefetch(1_000)
                        .handleBatch(batch -> Mono.empty()))
                .block(PATIENCE);
        until(() -> isDone(bus, "noop"));
        running.unsubscribe().block(PATIENCE);
    }

    private void relayDrain(R2dbcEventBus bus, String topic) {
        KafkaRelay relay = KafkaRelay.create(bus, relayOptions("relay", topic));
        relay.start().block(PATIENCE);
        until(() -> isDone(bus, "relay"));
        relay.close().block(PATIENCE);
    }

    private void ingress(R2dbcEventBus bus, String topic) {
        KafkaIngress ingress = KafkaIngress.create(bus, ingressOptions(topic));
        ingress.start().block(PATIENCE);
        until(() -> Topics.committed(broker, topic) >= events);
        ingress.close().block(PATIENCE);
    }

    private void plainProducer(int round) {
        String topic = "plain-" + round;
        createTopic(topic);
        List<ProducerRecord<byte[], byte[]>> records = IntStream.range(0, events)
                .mapToObj(i -> Topics.record(topic, "k" + i % 10_000, PAYLOAD.formatted(i)))
                .toList();
        Topics.send(broker, records);
    }

    private void publish(R2dbcEventBus bus, int keys, int count) {
        bus.publishAll(Flux.range(0, count)
                        .map(i -> Event.builder("order.placed", new RawJson(PAYLOAD.formatted(i)))
                                .key("k" + i % keys)
                                .build()))
                .blockLast(PATIENCE);
    }

    private void publish(R2dbcEventBus bus, String topic, List<ConsumerRecord<byte[], byte[]>> records) {
        RecordReader reader = new RecordReader(ingressOptions(topic));
        bus.publishAll(Flux.fromIterable(records).map(record -> ((Reading.OfEvent) reader.read(record)).event()))
                .blockLast(PATIENCE);
    }

    private static void register(R2dbcEventBus bus, String name) {
        bus.subscribe(ConsumerSpec.named(name).on("order.*").ordered().handleBatch(batch -> Mono.empty()))
                .flatMap(RunningConsumer::unsubscribe)
                .block(PATIENCE);
    }

    private IngressOptions ingressOptions(String topic) {
        return IngressOptions.builder("bench", topic)
                .bootstrapServers(broker.bootstrap())
                .consumer("group.id", topic)
                .types("order.*")
                .build();
    }

    private RelayOptions relayOptions(String name, String topic) {
        return RelayOptions.builder(name, "order.*")
                .bootstrapServers(broker.bootstrap())
                .routing(Routing.toTopic(topic))
                .build();
    }

    private R2dbcEventBus bus(String schema) {
        R2dbcEventBus bus = R2dbcEventBus.create(
                pool, BusOptions.builder().schema("bench_" + schema).build());
        bus.start().block(PATIENCE);
        return bus;
    }

    private static boolean isDone(R2dbcEventBus bus, String consumer) {
        return bus.stats().block(PATIENCE).of(consumer).backlog() == 0;
    }

    private void createTopic(String topic) {
        try (var admin = broker.admin()) {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(8), Optional.empty())))
                    .all()
                    .get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static double print(String what, int count, Runnable work) {
        long startedAt = System.nanoTime();
        work.run();
        double rate = count / ((System.nanoTime() - startedAt) / 1e9);
        System.out.printf(Locale.ROOT, "  %-28s %,10.0f per second%n", what, rate);
        return rate;
    }

    private static void until(BooleanSupplier condition) {
        org.awaitility.Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(condition::getAsBoolean);
    }

    private static ConnectionPool pool(int port) {
        return new ConnectionPool(ConnectionPoolConfiguration.builder(
                        new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                                .host("localhost")
                                .port(port)
                                .username("postgres")
                                .password("postgres")
                                .database("postgres")
                                .build()))
                .initialSize(0)
                .maxSize(20)
                .build());
    }
}
