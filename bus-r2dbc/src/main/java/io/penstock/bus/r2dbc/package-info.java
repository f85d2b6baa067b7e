/**
 * The bus on PostgreSQL over R2DBC. An event walks through these rooms in this order: {@code Outbox}, {@code WakeUp},
 * {@code PartitionLeases}, {@code Claims}, {@code Dispatcher}, {@code DeliveryPipeline}, {@code Settlement} and, if it
 * must, {@code DeadLetterQueue}.
 */
@NullMarked
package io.penstock.bus.r2dbc;

import org.jspecify.annotations.NullMarked;
