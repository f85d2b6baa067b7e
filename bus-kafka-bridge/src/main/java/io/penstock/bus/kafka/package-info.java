/** Between the bus and Kafka: a relay that sends events to topics, and an ingress that publishes records as events. */
@NullMarked
package io.penstock.bus.kafka;

import org.jspecify.annotations.NullMarked;
