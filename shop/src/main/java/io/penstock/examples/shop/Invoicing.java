package io.penstock.examples.shop;

import io.penstock.bus.EventBus;
import io.penstock.bus.spring.EventConsumer;
import java.util.Objects;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;

/** Writes one invoice for each order: the repository joins the transaction that takes the event from the inbox. */
@Component
class Invoicing {

    private final Invoices invoices;
    private final EventBus bus;

    Invoicing(Invoices invoices, EventBus bus) {
        this.invoices = invoices;
        this.bus = bus;
    }

    @EventConsumer(value = "invoicing", transactional = true)
    Mono<Void> invoice(StockReserved order) {
        return invoices.save(Invoice.of(order)).flatMap(invoice -> publish(invoice, order));
    }

    private Mono<Void> publish(Invoice invoice, StockReserved order) {
        InvoiceWritten written =
                new InvoiceWritten(order.orderId(), Objects.requireNonNull(invoice.id()), invoice.amount());
        return bus.publish(ShopEvents.of(written, order.orderId(), order.customer()));
    }
}
