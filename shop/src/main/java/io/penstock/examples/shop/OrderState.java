package io.penstock.examples.shop;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An order, and how far it has come.
 *
 * @param status placed, reserved, invoiced, shipped, or out-of-stock
 */
record OrderState(
        UUID id,
        String customer,
        String sku,
        String product,
        int quantity,
        BigDecimal total,
        String status,
        @Nullable Long invoice,
        @Nullable String tracking,
        Instant placedAt) {}
