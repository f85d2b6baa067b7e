package io.penstock.bus.spring;

import io.penstock.bus.EventType;

@EventType("order.placed")
record OrderPlaced(String orderId, int total) {}
