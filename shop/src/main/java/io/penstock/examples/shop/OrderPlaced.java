package io.penstock.examples.shop;

import io.penstock.bus.EventType;
import java.math.BigDecimal;
import java.util.UUID;

@EventType("order.placed")
record OrderPlaced(UUID orderId, String customer, String sku, int quantity, BigDecimal total) {}
