package io.penstock.bus.spring;

import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.EventType;
import org.jspecify.annotations.Nullable;
import org.springframework.data.annotation.Id;
import org.springframework.data.repository.reactive.ReactiveCrudRepository;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Mono;

/** What docs/spring-boot.md shows; {@link SpringBootDocumentTests} compares. */
class SpringBootSnippets {

    private final DatabaseClient client;
    private final Invoices invoices;
    private final EventBus bus;

    SpringBootSnippets(DatabaseClient client, Invoices invoices, EventBus bus) {
        this.client = client;
        this.invoices = invoices;
        this.bus = bus;
    }

    @Transactional
    public Mono<Void> place(OrderPlaced order) {
        return client.sql("INSERT INTO shop_order VALUES (:id, :total)")
                .bind("id", order.orderId())
                .bind("total", order.total())
                .then()
                .then(bus.publish(Event.of(order)));
    }

    @EventConsumer(value = "invoicing", transactional = true)
    Mono<Invoice> invoice(OrderPlaced order, Event<OrderPlaced> event, @EventHeader("tenant") @Nullable String tenant) {
        return invoices.save(new Invoice(null, order.orderId(), order.total(), tenant))
                .delayUntil(invoice -> bus.publish(Event.of(new InvoiceWritten(invoice.orderId()))));
    }

    record Invoice(
            @Id @Nullable Long id,
            String orderId,
            int amount,
            @Nullable String tenant) {}

    @EventType("invoice.written")
    record InvoiceWritten(String orderId) {}

    interface Invoices extends ReactiveCrudRepository<Invoice, Long> {}
}
