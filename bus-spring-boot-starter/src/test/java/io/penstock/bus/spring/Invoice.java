package io.penstock.bus.spring;

import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;
import org.springframework.data.repository.reactive.ReactiveCrudRepository;

@Table("starter_invoice")
record Invoice(@Id Long id, String orderId, int amount) {

    static final String TABLE =
            "CREATE TABLE starter_invoice (id bigserial PRIMARY KEY, order_id text NOT NULL, amount int NOT NULL)";

    static Invoice of(OrderPlaced order) {
        return new Invoice(null, order.orderId(), order.total());
    }

    interface Invoices extends ReactiveCrudRepository<Invoice, Long> {}
}
