package io.penstock.examples;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/** An order as it stands in the file, and as the payload of {@code order.placed}. */
record Order(String orderId, String customer, List<Item> items, BigDecimal total, Instant placedAt) {

    static final String PLACED = "order.placed";

    Order {
        items = List.copyOf(items);
    }

    record Item(String sku, int quantity, BigDecimal price) {}
}
