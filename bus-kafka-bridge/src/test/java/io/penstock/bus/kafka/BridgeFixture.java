package io.penstock.bus.kafka;

import static org.awaitility.Awaitility.await;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Two buses on schemas of their own, A that sends and B that receives, topics of the test's own, and a broker. */
final class BridgeFixture implements BeforeEachCallback, AfterEachCallback {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    final RecordingListener listener = new RecordingListener();
    final ConnectionPool pool = TestServer.pool(20);
    private final TestBroker broker;
    private final boolean ownsBroker;
    private final List<Mono<Void>> closing = new ArrayList<>();
    private String name = "";

    private BridgeFixture(TestBroker broker, boolean ownsBroker) {
        this.broker = broker;
        this.ownsBroker = ownsBroker;
    }

    static BridgeFixture onSharedBroker() {
        return new BridgeFixture(TestBroker.shared(), false);
    }

    /** For tests that kill it. */
    static BridgeFixture onBrokerOfItsOwn() {
        return new BridgeFixture(TestBroker.start(), true);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        name = (context.getRequiredTestClass().getSimpleName().replace("IntegrationTests", "") + "_"
                        + Integer.toHexString(context.getUniqueId().hashCode()))
                .toLowerCase(Locale.ROOT);
        dropSchemas();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        for (int i = closing.size() - 1; i >= 0; i--) {
            closing.get(i).block(PATIENCE);
        }
        dropSchemas();
        pool.disposeLater().block(PATIENCE);
        if (ownsBroker) {
            broker.close();
        }
        BlockingCalls.assertNone();
    }

    TestBroker broker() {
        return broker;
    }

    String schema(String service) {
        return name + "_" + service;
    }

    /** A started bus of a service: {@code a} or {@code b}. */
    R2dbcEventBus bus(String service) {
        return bus(service, options -> options);
    }

    R2dbcEventBus bus(String service, UnaryOperator<BusOptions.Builder> more) {
        BusOptions.Builder options = BusOptions.builder()
                .schema(schema(service))
                .source("service-" + service)
                .listener(BusListener.NONE)
                .lease(Duration.ofSeconds(2))
                .grace(Duration.ofSeconds(5))
                .pollInterval(Duration.ofMillis(200));
        R2dbcEventBus bus = R2dbcEventBus.create(pool, more.apply(options).build());
        closing.add(bus.close());
        bus.start().block(PATIENCE);
        return bus;
    }

    /** The name of a new topic. */
    String topic(int partitions) {
        return topic(partitions, Map.of());
    }

    String topic(int partitions, Map<String, String> configs) {
        String topic = name + "-" + Integer.toHexString(configs.hashCode() + closing.size());
        create(new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(new HashMap<>(configs)));
        return topic;
    }

    void create(NewTopic topic) {
        ask(admin -> admin.createTopics(List.of(topic)).all());
    }

    /** Members of groups that read the topic are given the new ones in a rebalance. */
    void partitions(String topic, int total) {
        ask(admin -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(total)))
                .all());
    }

    private void ask(Function<Admin, KafkaFuture<Void>> call) {
        try (Admin admin = broker.admin()) {
            call.apply(admin).get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    RelayOptions.Builder relayOptions(String topic) {
        return RelayOptions.builder("relay", "order.*")
                .bootstrapServers(broker.bootstrap())
                .routing(Routing.toTopic(topic))
                .deliveryTimeout(Duration.ofSeconds(2))
                .pauses(Duration.ofMillis(100), Duration.ofMillis(400))
                .listener(listener);
    }

    KafkaRelay relay(R2dbcEventBus bus, RelayOptions options) {
        KafkaRelay relay = KafkaRelay.create(bus, options);
        closing.add(relay.close());
        relay.start().block(PATIENCE);
        return relay;
    }

    IngressOptions.Builder ingressOptions(String... topics) {
        return IngressOptions.builder(name, topics)
                .bootstrapServers(broker.bootstrap())
                .types("order.*")
                .pauses(Duration.ofMillis(50), Duration.ofMillis(400))
                .listener(listener);
    }

    KafkaIngress ingress(R2dbcEventBus bus, IngressOptions options) {
        KafkaIngress ingress = KafkaIngress.create(bus, options);
        closing.add(ingress.close());
        ingress.start().block(PATIENCE);
        return ingress;
    }

    void subscribe(R2dbcEventBus bus, ConsumerSpec<?> spec) {
        bus.subscribe(spec).block(PATIENCE);
    }

    /** The count of rows of what follows FROM in a service's schema. */
    long count(String service, String from) {
        return all("SELECT count(*) AS n FROM " + schema(service) + "." + from, row -> row.get("n", Long.class))
                .get(0);
    }

    void execute(String sql) {
        Mono.usingWhen(
                        pool.create(),
                        connection -> Flux.from(connection.createStatement(sql).execute())
                                .concatMap(result -> result.getRowsUpdated())
                                .then(),
                        Connection::close)
                .block(PATIENCE);
    }

    <T> List<T> all(String sql, Function<Readable, T> row) {
        return Flux.usingWhen(
                        pool.create(),
                        connection -> Flux.from(connection.createStatement(sql).execute())
                                .concatMap(result -> result.map(row)),
                        Connection::close)
                .collectList()
                .block(PATIENCE);
    }

    static void awaitThat(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(condition);
    }

    private void dropSchemas() {
        execute("DROP SCHEMA IF EXISTS " + schema("a") + " CASCADE");
        execute("DROP SCHEMA IF EXISTS " + schema("b") + " CASCADE");
    }
}
