package io.penstock.examples.shop;

import io.penstock.bus.EventType;
import java.math.BigDecimal;
import java.util.UUID;

@EventType("invoice.written")
record InvoiceWritten(UUID orderId, long invoice, BigDecimal amount) {}
