package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A signal is given after the commit only, costs little when it was for nothing, and is never the last resort. */
class WakeUpIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final ClaimCounter claims = new ClaimCounter();
    private final AtomicInteger delivered = new AtomicInteger();
    private final AtomicInteger probed = new AtomicInteger();

    @Test
    void consumersAreWokenAfterTheCommitAndNotBefore() {
        R2dbcEventBus bus = busWithProbe();
        int before = claims.of("audit");

        bus.inTransaction(tx -> tx.publish(event("order.placed"))
                        .then(probe(bus))
                        .then(Mono.fromRunnable(
                                () -> assertThat(claims.of("audit")).isEqualTo(before))))
                .block(PATIENCE);

        awaitThat(() -> delivered.get() == 1);
    }

    @Test
    void aRolledBackBusTransactionWakesNobody() {
        R2dbcEventBus bus = busWithProbe();
        int before = claims.of("audit");

        bus.inTransaction(tx -> tx.publish(event("order.placed")).then(Mono.error(new IllegalStateException("no"))))
                .onErrorComplete()
                .then(probe(bus))
                .block(PATIENCE);

        assertThat(claims.of("audit")).isEqualTo(before);
    }

    @Test
    void aSignalForARolledBackTransactionCostsOneEmptyClaim() {
        R2dbcEventBus bus = busWithProbe();
        int before = claims.of("audit");

        publishing(bus, false).committed();
        awaitThat(() -> claims.of("audit") > before);
        probe(bus).then(probe(bus)).block(PATIENCE);

        assertThat(claims.of("audit")).isEqualTo(before + 1);
        assertThat(delivered).hasValue(0);
    }

    @Test
    void withEverySignalOffThePollDelivers() {
        R2dbcEventBus bus = fixture.bus(options -> options.pollInterval(Duration.ofMillis(50)));
        subscribe(bus, "audit", "order.*", delivered);

        for (int i = 0; i < 20; i++) {
            publishing(bus, true);
        }

        awaitThat(() -> delivered.get() == 20 && fixture.count("inbox") == 0);
    }

    @Test
    void aSecondCallOfCommittedDoesNothing() {
        R2dbcEventBus bus = busWithProbe();
        Publication publication = publishing(bus, true);
        publication.committed();
        awaitThat(() -> delivered.get() == 1 && fixture.count("inbox") == 0);
        probe(bus).block(PATIENCE);
        int before = claims.of("audit");

        publication.committed();
        probe(bus).then(probe(bus)).block(PATIENCE);

        assertThat(claims.of("audit")).isEqualTo(before);
    }

    @Test
    void sixtyFourThreadsWithAHundredThousandSignalsEachLoseNoEvent() throws InterruptedException {
        fixture.bus();
        Node node = Node.of(fixture.application, fixture.options().build());
        Subscriptions subscriptions = new Subscriptions(node, new Consumers(node.database()));
        subscriptions.start();
        subscriptions.subscribe(counting("audit", "order.*", delivered)).block(PATIENCE);
        awaitThat(() -> fixture.leased("audit") == 32);
        List<Hint> idle = List.of(new Hint(idOf("audit"), Long.MAX_VALUE - 1, Hint.NOTHING_DUE));
        Map<String, Throwable> thrown = new ConcurrentHashMap<>();

        ExecutorService threads = Executors.newFixedThreadPool(64);
        for (int thread = 0; thread < 64; thread++) {
            boolean last = thread == 63;
            threads.execute(() -> {
                try {
                    for (int i = 1; i <= 100_000; i++) {
                        node.wakeUp().committed(last && i % 1_000 == 0 ? stored(node) : idle);
                    }
                } catch (Throwable error) {
                    thrown.put(error.toString(), error);
                }
            });
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();

        awaitThat(() -> delivered.get() == 100);
        assertThat(thrown).isEmpty();
        assertThat(fixture.listener.failures).isEmpty();
        subscriptions.close().then(node.database().close()).block(PATIENCE);
    }

    /** Stores an event and gives its signal, which nobody repeats. */
    private List<Hint> stored(Node node) {
        Outbox outbox = new Outbox(node);
        Encoded encoded = outbox.encode(event("order.placed"));
        return node.database()
                .with(connection -> outbox.append(connection, List.of(encoded)))
                .block(PATIENCE)
                .hints();
    }

    private int idOf(String consumer) {
        return fixture.one(
                "SELECT id::int4 AS id FROM %s.consumer WHERE name = '%s'".formatted(fixture.schema(), consumer),
                row -> row.get("id", Integer.class));
    }

    private R2dbcEventBus busWithProbe() {
        R2dbcEventBus bus = fixture.bus(options -> options.listener(claims));
        subscribe(bus, "audit", "order.*", delivered);
        subscribe(bus, "probe", "probe", probed);
        awaitThat(() -> claims.of("audit") > 0 && claims.of("probe") > 0);
        probe(bus).block(PATIENCE);
        awaitNoMoreClaims();
        return bus;
    }

    /** Of what leasing partitions brought about: that may signal more than once. */
    private void awaitNoMoreClaims() {
        AtomicInteger seen = new AtomicInteger(-1);
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).until(() -> {
            int now = claims.of("audit");
            return seen.getAndSet(now) == now;
        });
    }

    /** Has gone all the way to another consumer: whatever was signalled before has been followed by then. */
    private Mono<Void> probe(R2dbcEventBus bus) {
        return Mono.defer(() -> {
            int before = probed.get();
            return bus.publish(event("probe"))
                    .then(Flux.interval(Duration.ofMillis(5))
                            .onBackpressureDrop()
                            .takeUntil(tick -> probed.get() > before)
                            .then());
        });
    }

    private void subscribe(R2dbcEventBus bus, String name, String pattern, AtomicInteger count) {
        fixture.subscribe(bus, counting(name, pattern, count));
    }

    private static ConsumerSpec<RawJson> counting(String name, String pattern, AtomicInteger count) {
        return ConsumerSpec.named(name).on(pattern).handle(event -> Mono.fromRunnable(count::incrementAndGet));
    }

    private Publication publishing(R2dbcEventBus bus, boolean commit) {
        return Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(bus.publish(connection, event("order.placed")))
                                .delayUntil(publication ->
                                        commit ? connection.commitTransaction() : connection.rollbackTransaction()),
                        Connection::close)
                .block(PATIENCE);
    }

    private static Event<RawJson> event(String type) {
        return Event.of(type, new RawJson("{}"));
    }

    private static final class ClaimCounter implements BusListener {

        private final Map<String, AtomicInteger> claims = new ConcurrentHashMap<>();

        int of(String consumer) {
            return claims.getOrDefault(consumer, new AtomicInteger()).get();
        }

        @Override
        public void claimed(String consumer, int deliveries) {
            claims.computeIfAbsent(consumer, name -> new AtomicInteger()).incrementAndGet();
        }
    }
}
