package io.penstock.examples.shop;

import io.penstock.bus.EventType;
import java.util.UUID;

@EventType("order.shipped")
record OrderShipped(UUID orderId, String tracking) {}
