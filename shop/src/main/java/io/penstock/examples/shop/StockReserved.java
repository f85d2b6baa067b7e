package io.penstock.examples.shop;

import io.penstock.bus.EventType;
import java.math.BigDecimal;
import java.util.UUID;

@EventType("stock.reserved")
record StockReserved(UUID orderId, String customer, BigDecimal total) {}
