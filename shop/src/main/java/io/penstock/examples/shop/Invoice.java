package io.penstock.examples.shop;

import java.math.BigDecimal;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;

/** @param id its number; given by the database */
@Table(schema = "shop", name = "invoice")
record Invoice(@Id @Nullable Long id, UUID orderId, BigDecimal amount) {

    static Invoice of(StockReserved order) {
        return new Invoice(null, order.orderId(), order.total());
    }
}
