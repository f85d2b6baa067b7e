package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.EventType;
import io.penstock.bus.Headers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.r2dbc.repository.config.EnableR2dbcRepositories;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Mono;

class TransactionalHandlerIntegrationTests {

    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(
                TransactionalHandlerIntegrationTests.class,
                Billing.class,
                "penstock.consumers.invoicing.retry.initial-delay=1ms",
                "penstock.consumers.careless.retry.max-attempts=1");
        app.execute("DROP TABLE IF EXISTS starter_invoice");
        app.execute(Invoice.TABLE);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void whatARepositoryWritesHappensOnceThoughTheConnectionBreaksAfterIt() {
        app.publish(new OrderPlaced("crash", 7));
        App.awaitThat(() -> invoices("crash") == 1);
        Invoicing invoicing = app.bean(Invoicing.class);
        App.awaitThat(() -> app.stats("invoicing").backlog() == 0);
        assertThat(invoices("crash")).isOne();
        assertThat(invoicing.attempts).filteredOn("crash"::equals).hasSizeGreaterThan(1);
    }

    @Test
    void whatAServicePublishesInTheHandlersTransactionIsCausedByItsEvent() {
        Event<OrderPlaced> order = Event.of(new OrderPlaced("caused", 7));
        app.bus().publish(order).block(App.PATIENCE);
        List<Event<InvoiceWritten>> written = app.bean(Invoicing.class).written;
        App.awaitThat(() ->
                written.stream().anyMatch(event -> event.payload().orderId().equals("caused")));
        Map<String, String> headers = written.stream()
                .filter(event -> event.payload().orderId().equals("caused"))
                .findFirst()
                .orElseThrow()
                .headers();
        assertThat(headers)
                .containsEntry(Headers.CAUSATION_ID, order.id().toString())
                .containsEntry(Headers.CORRELATION_ID, order.id().toString());
    }

    @Test
    void aRollbackThatTheHandlerHidesIsARollbackStill() {
        app.bus()
                .publish(Event.of("careless.order", new OrderPlaced("hidden", 7)))
                .block(App.PATIENCE);
        App.awaitThat(() -> app.stats("careless").dead() == 1);
        assertThat(invoices("hidden")).isZero();
        DeadLetter letter =
                app.bus().deadLetters().list(DeadLetterFilter.of("careless")).blockFirst(App.PATIENCE);
        assertThat(letter.error()).contains("UnexpectedRollbackException");
    }

    @Test
    void aTransactionOfItsOwnInsideAHandlerStaysItsOwn() {
        app.bus().publish(Event.of("apart.order", new OrderPlaced("apart", 7))).block(App.PATIENCE);
        App.awaitThat(() -> app.stats("apart").dead() == 1);
        assertThat(invoices("apart")).isOne();
    }

    private static long invoices(String order) {
        return app.count("starter_invoice WHERE order_id = '" + order + "'");
    }

    @EventType("invoice.written")
    record InvoiceWritten(String orderId) {}

    static class Ledger {

        private final Invoice.Invoices invoices;
        private final EventBus bus;

        Ledger(Invoice.Invoices invoices, EventBus bus) {
            this.invoices = invoices;
            this.bus = bus;
        }

        @Transactional
        public Mono<Void> write(OrderPlaced order) {
            return invoices.save(Invoice.of(order)).then(bus.publish(Event.of(new InvoiceWritten(order.orderId()))));
        }

        @Transactional
        public Mono<Void> fail(OrderPlaced order) {
            return invoices.save(Invoice.of(order)).then(Mono.error(new IllegalStateException("no ink")));
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        public Mono<Void> writeApart(OrderPlaced order) {
            return invoices.save(Invoice.of(order)).then();
        }
    }

    static class Invoicing {

        final List<String> attempts = new CopyOnWriteArrayList<>();
        final List<Event<InvoiceWritten>> written = new CopyOnWriteArrayList<>();
        private final Ledger ledger;
        private final DatabaseClient client;

        Invoicing(Ledger ledger, DatabaseClient client) {
            this.ledger = ledger;
            this.client = client;
        }

        @EventConsumer(value = "invoicing", transactional = true)
        Mono<Void> invoice(OrderPlaced order, Delivery delivery) {
            attempts.add(order.orderId());
            boolean crash = order.orderId().equals("crash") && delivery.attempt() == 1;
            return ledger.write(order).then(crash ? breakConnection() : Mono.empty());
        }

        /** The server's process for this very connection dies, as with the machine below it. */
        private Mono<Void> breakConnection() {
            return client.sql("SELECT pg_terminate_backend(pg_backend_pid())").then();
        }

        @EventConsumer("archive")
        Mono<?> archive(Event<InvoiceWritten> event) {
            return Mono.fromCallable(() -> written.add(event));
        }

        @EventConsumer(value = "careless", types = "careless.order", transactional = true)
        Mono<Void> careless(OrderPlaced order) {
            return ledger.fail(order).onErrorComplete();
        }

        @EventConsumer(value = "apart", types = "apart.order", transactional = true)
        Mono<Void> apart(OrderPlaced order) {
            return ledger.writeApart(order).then(Mono.error(new io.penstock.bus.NeverRetryException("no paper")));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EnableR2dbcRepositories(considerNestedRepositories = true)
    static class Billing {

        @Bean
        Ledger ledger(Invoice.Invoices invoices, EventBus bus) {
            return new Ledger(invoices, bus);
        }

        @Bean
        Invoicing invoicing(Ledger ledger, DatabaseClient client) {
            return new Invoicing(ledger, client);
        }
    }
}
