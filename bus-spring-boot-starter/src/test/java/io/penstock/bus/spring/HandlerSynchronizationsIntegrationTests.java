package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import reactor.core.publisher.Mono;

/** What code in a transactional handler asks Spring to do around its transaction's end is done around the delivery's. */
class HandlerSynchronizationsIntegrationTests {

    private static final String TABLE = App.schema(HandlerSynchronizationsIntegrationTests.class) + "_shipment";
    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(
                HandlerSynchronizationsIntegrationTests.class,
                Shop.class,
                "penstock.consumers.shipping.retry.max-attempts=1",
                "penstock.consumers.shipping.timeout=2s");
        app.execute("DROP TABLE IF EXISTS " + TABLE);
        app.execute(
                "CREATE TABLE " + TABLE + " (id text PRIMARY KEY, truck text UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void afterTheCommitWhatWasRegisteredIsCalledAndSeesTheData() {
        publish("good");
        assertThat(calls("good"))
                .containsExactly("before commit", "before completion", "after commit, rows: 1", "after completion 0");
    }

    @Test
    void whatIsPublishedAfterTheCommitIsStoredByItself() {
        publish("good-told");
        List<String> told = app.bean(Shipping.class).told;
        App.awaitThat(() -> told.contains("good-told"));
    }

    @Test
    void afterARollbackTheCompletionSaysSo() {
        publish("failing");
        assertThat(calls("failing")).containsExactly("before completion", "after completion 1");
    }

    @Test
    void anErrorBeforeTheCommitRollsBack() {
        publish("refused");
        assertThat(calls("refused")).containsExactly("before commit", "before completion", "after completion 1");
        assertThat(app.count(TABLE + " WHERE id = 'refused'")).isZero();
    }

    @Test
    void aCommitThatTheDatabaseRefusesIsARollback() {
        app.execute("INSERT INTO " + TABLE + " VALUES ('there', 'late')");
        publish("late");
        assertThat(calls("late")).containsExactly("before commit", "before completion", "after completion 1");
    }

    @Test
    void aHandlerThatIsTooLateIsRolledBack() {
        publish("endless");
        assertThat(calls("endless")).containsExactly("after completion 1");
    }

    @Test
    void whatGoesWrongAfterTheCommitChangesNothing() {
        publish("careless");
        assertThat(calls("careless"))
                .containsExactly("before commit", "before completion", "after commit, rows: 1", "after completion 0");
        App.awaitThat(() -> app.stats("shipping").backlog() == 0);
        assertThat(app.count(TABLE + " WHERE id = 'careless'")).isOne();
    }

    @Test
    void aNestedTransactionIsRolledBackToItsSavepointAlone() {
        publish("nested");
        calls("nested");
        assertThat(app.count(TABLE + " WHERE id = 'nested'")).isOne();
        assertThat(app.count(TABLE + " WHERE id = 'nested-inner'")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"zombie-publish", "zombie-insert"})
    void aHandlerThatIsTooLateAndWorksOnWritesNothing(String id) {
        Event<?> event = Event.of(new OrderPlaced(id, 1));
        app.bus().publish(event).block(App.PATIENCE);
        App.awaitThat(() -> isDead(event));
        app.bean(Shipping.class).rolledBack.get(id).countDown();
        App.awaitThat(() -> app.bean(Shipping.class).of(id).contains("worked on"));
        assertThat(app.bean(Shipping.class).of(id)).doesNotContain("stored");
        assertThat(app.count(TABLE + " WHERE id = '" + id + "'")).isZero();
        assertThat(events(id)).isOne();
    }

    @Test
    void aTimeoutInsideATransactionOfItsOwnEndsBoth() {
        publish("apart");
        Shipping shipping = app.bean(Shipping.class);
        App.awaitThat(() -> shipping.of("apart").contains("after completion 1"));
        App.awaitThat(() -> shipping.of("apart-inner").contains("after completion 1"));
        App.awaitThat(() ->
                app.count("pg_stat_activity WHERE state LIKE 'idle in transaction%' AND query LIKE '%" + TABLE + "%'")
                        == 0);
        assertThat(shipping.of("apart")).containsExactly("after completion 1");
        assertThat(shipping.of("apart-inner")).containsExactly("before completion", "after completion 1");
    }

    @Test
    void aRollbackThatASynchronizationHidesIsARollbackStill() {
        publish("hidden");
        assertThat(calls("hidden")).containsExactly("before commit", "before completion", "after completion 1");
        assertThat(app.count(TABLE + " WHERE id = 'hidden'")).isZero();
    }

    private static boolean isDead(Event<?> event) {
        return app.bus()
                .deadLetters()
                .list(DeadLetterFilter.of("shipping"))
                .any(letter -> letter.event().id().equals(event.id()))
                .block(App.PATIENCE);
    }

    /** Those of the given order: the one that was published here, and those that handlers added. */
    private static long events(String order) {
        return app.count(App.schema(HandlerSynchronizationsIntegrationTests.class)
                + ".outbox_event WHERE payload ->> 'orderId' = '" + order + "'");
    }

    private static void publish(String order) {
        app.publish(new OrderPlaced(order, 1));
    }

    /** Once the last of them was made. */
    private static List<String> calls(String order) {
        Shipping shipping = app.bean(Shipping.class);
        App.awaitThat(() -> shipping.of(order).stream().anyMatch(call -> call.startsWith("after completion")));
        return shipping.of(order);
    }

    static class Ledger {

        private final DatabaseClient client;

        Ledger(DatabaseClient client) {
            this.client = client;
        }

        @Transactional
        public Mono<Void> write(String id, TransactionSynchronization synchronization) {
            return insert(id)
                    .then(TransactionSynchronizationManager.forCurrentTransaction())
                    .doOnNext(manager -> manager.registerSynchronization(synchronization))
                    .then();
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        public Mono<Void> writeApartForever(String id, TransactionSynchronization synchronization) {
            return insert(id)
                    .then(TransactionSynchronizationManager.forCurrentTransaction())
                    .doOnNext(manager -> manager.registerSynchronization(synchronization))
                    .then(Mono.never());
        }

        @Transactional
        public Mono<Void> fail() {
            return Mono.error(new IllegalStateException("no ink"));
        }

        @Transactional(propagation = Propagation.NESTED)
        public Mono<Void> failNested(String id) {
            return insert(id).then(Mono.error(new IllegalStateException("no ink")));
        }

        Mono<Void> insert(String id) {
            return client.sql("INSERT INTO " + TABLE + " VALUES (:id, :id)")
                    .bind("id", id)
                    .then();
        }

        Mono<Long> rows(String id) {
            return client.sql("SELECT count(*) AS n FROM " + TABLE + " WHERE id = :id")
                    .bind("id", id)
                    .map(row -> row.get("n", Long.class))
                    .one();
        }
    }

    static class Shipping {

        private final List<String> calls = new CopyOnWriteArrayList<>();
        final List<String> told = new CopyOnWriteArrayList<>();
        final Map<String, CountDownLatch> rolledBack =
                Map.of("zombie-publish", new CountDownLatch(1), "zombie-insert", new CountDownLatch(1));
        private final Ledger ledger;
        private final EventBus bus;

        Shipping(Ledger ledger, EventBus bus) {
            this.ledger = ledger;
            this.bus = bus;
        }

        List<String> of(String order) {
            return calls.stream()
                    .filter(call -> call.startsWith(order + ": "))
                    .map(call -> call.substring(order.length() + 2))
                    .toList();
        }

        @EventConsumer(value = "shipping", transactional = true)
        Mono<Void> ship(OrderPlaced order) {
            String id = order.orderId();
            Mono<Void> written = ledger.write(id, new Recording(id));
            return switch (id) {
                case "failing" -> written.then(Mono.error(new IllegalStateException("no truck")));
                case "endless" -> written.then(Mono.never());
                case "nested" -> written.then(ledger.failNested("nested-inner").onErrorComplete());
                case "apart" -> written.then(ledger.writeApartForever("apart-inner", new Recording("apart-inner")));
                case "zombie-publish" -> workOn(id, bus.publish(Event.of("order.shipped", order)));
                case "zombie-insert" -> workOn(id, ledger.insert(id));
                default -> written;
            };
        }

        /** Blocks until its transaction has ended, however often it is interrupted, and goes on with the work. */
        private Mono<Void> workOn(String id, Mono<Void> work) {
            awaitUninterruptibly(rolledBack.get(id));
            return work.doOnSuccess(done -> calls.add(id + ": stored")).doFinally(end -> calls.add(id + ": worked on"));
        }

        private static void awaitUninterruptibly(CountDownLatch latch) {
            while (latch.getCount() > 0) {
                try {
                    latch.await();
                } catch (InterruptedException goOn) {
                    // As code does that no interrupt stops.
                }
            }
        }

        @EventConsumer(value = "telling", types = "order.shipped")
        void tell(OrderPlaced order) {
            told.add(order.orderId());
        }

        private final class Recording implements TransactionSynchronization {

            private final String order;

            Recording(String order) {
                this.order = order;
            }

            @Override
            public Mono<Void> beforeCommit(boolean readOnly) {
                Mono<Void> called = call("before commit");
                return switch (order) {
                    case "refused" -> called.then(Mono.error(new IllegalStateException("no")));
                    case "hidden" -> called.then(ledger.fail()).onErrorComplete();
                    default -> called;
                };
            }

            @Override
            public Mono<Void> beforeCompletion() {
                return call("before completion");
            }

            @Override
            public Mono<Void> afterCommit() {
                Mono<Void> called = ledger.rows(order).flatMap(rows -> call("after commit, rows: " + rows));
                return switch (order) {
                    case "careless" -> called.then(Mono.error(new IllegalStateException("no hat")));
                    case "good-told" -> called.then(bus.publish(Event.of("order.shipped", new OrderPlaced(order, 1))));
                    default -> called;
                };
            }

            @Override
            public Mono<Void> afterCompletion(int status) {
                return call("after completion " + status);
            }

            private Mono<Void> call(String what) {
                return Mono.fromRunnable(() -> calls.add(order + ": " + what));
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        Ledger ledger(DatabaseClient client) {
            return new Ledger(client);
        }

        @Bean
        Shipping shipping(Ledger ledger, EventBus bus) {
            return new Shipping(ledger, bus);
        }
    }
}
