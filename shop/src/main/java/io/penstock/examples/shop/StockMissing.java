package io.penstock.examples.shop;

import io.penstock.bus.EventType;
import java.util.UUID;

@EventType("stock.missing")
record StockMissing(UUID orderId, String customer, String sku, int quantity) {}
