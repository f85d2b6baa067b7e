package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.penstock.examples.ReadmeSnippets.OrderPlaced;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the README quotes does what the README says. Nothing is found by polling here: the interval is an hour. */
class ReadmeSnippetsIntegrationTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final OrderPlaced ORDER = new OrderPlaced("o-1", "c-1", new BigDecimal("19.80"));

    private final TestDatabase database = TestDatabase.create();
    private final OrdersDatabase connections = OrdersDatabase.at(database.url());
    private final R2dbcEventBus bus = R2dbcEventBus.create(
            connections.connections(),
            BusOptions.builder().pollInterval(Duration.ofHours(1)).build());
    private final ReadmeSnippets snippets = new ReadmeSnippets(bus, connections.connections());

    @BeforeEach
    void start() {
        database.execute("""
                CREATE SCHEMA readme;
                CREATE TABLE readme.orders (order_id text PRIMARY KEY, customer text, total numeric);
                CREATE TABLE readme.invoice (order_id text PRIMARY KEY, customer text, total numeric);
                """);
        bus.start().block(PATIENCE);
    }

    @AfterEach
    void stop() {
        bus.close().then(connections.close()).block(PATIENCE);
    }

    @Test
    void aBusThatWasStartedHasItsSchema() {
        TestDatabase empty = TestDatabase.create();
        OrdersDatabase fresh = OrdersDatabase.at(empty.url());

        ReadmeSnippets.start(fresh.connections())
                .flatMap(R2dbcEventBus::close)
                .then(fresh.close())
                .block(PATIENCE);

        assertThat(empty.count("penstock.outbox_event")).isZero();
    }

    @Test
    void theOrderItsEventAndItsInvoiceAreStoredOnce() {
        snippets.bothSides(ORDER).block(PATIENCE);

        awaitThat(() -> database.count("readme.invoice") == 1 && database.count("penstock.inbox") == 0);
        assertThat(database.query("SELECT order_id FROM readme.orders")).containsExactly("o-1");
        assertThat(database.query("SELECT order_id FROM readme.invoice")).containsExactly("o-1");
    }

    @Test
    void anOrderThatFailsLeavesNoEvent() {
        database.execute("INSERT INTO readme.orders VALUES ('o-1')");

        Mono<Void> place = snippets.bothSides(ORDER);

        assertThat(place.materialize().block(PATIENCE).isOnError()).isTrue();
        assertThat(database.count("penstock.outbox_event")).isZero();
    }

    @Test
    void anEventOfTheCallersOwnTransactionIsDeliveredAfterItsCommit() {
        List<String> shipped = new CopyOnWriteArrayList<>();
        subscribe(shipped);

        snippets.ownTransaction(ORDER).block(PATIENCE);

        awaitThat(() -> shipped.equals(List.of("o-1")));
        assertThat(database.count("readme.orders")).isEqualTo(1);
    }

    @Test
    void theCallersOwnTransactionRollsBackAsAWhole() {
        database.execute("INSERT INTO readme.orders VALUES ('o-1')");

        Mono<Void> place = snippets.ownTransaction(ORDER);

        assertThat(place.materialize().block(PATIENCE).isOnError()).isTrue();
        assertThat(database.count("penstock.outbox_event")).isZero();
        assertThat(database.query("SELECT pid FROM pg_stat_activity WHERE datname = '" + database.name()
                        + "' AND state LIKE 'idle in transaction%'"))
                .isEmpty();
    }

    @Test
    void theOrderedConsumerShipsTheOrdersOfACustomerOneByOneAndTriesAgain() {
        List<String> shipped = new CopyOnWriteArrayList<>();
        subscribe(shipped);

        Flux.range(1, 20)
                .map(i -> new OrderPlaced("o-" + i, "c-" + i % 2, BigDecimal.ONE))
                .concatMap(snippets::ownTransaction)
                .blockLast(PATIENCE);

        awaitThat(() -> shipped.size() == 20);
        assertThat(shipped.stream().filter(order -> Integer.parseInt(order.substring(2)) % 2 == 0))
                .containsExactly("o-2", "o-4", "o-6", "o-8", "o-10", "o-12", "o-14", "o-16", "o-18", "o-20");
    }

    /** A carrier that fails the first attempt for order o-4. */
    private void subscribe(List<String> shipped) {
        List<String> attempts = new CopyOnWriteArrayList<>();
        snippets.ordered(order -> Mono.fromRunnable(() -> {
                    attempts.add(order.orderId());
                    if (order.orderId().equals("o-4")
                            && attempts.stream().filter("o-4"::equals).count() == 1) {
                        throw new IllegalStateException("The carrier is closed");
                    }
                    shipped.add(order.orderId());
                }))
                .block(PATIENCE);
    }

    private static void awaitThat(Callable<Boolean> condition) {
        await().atMost(PATIENCE).until(condition);
    }
}
