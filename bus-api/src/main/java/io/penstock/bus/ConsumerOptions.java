package io.penstock.bus;

import java.time.Duration;

/**
 * How a consumer takes its events. Immutable.
 *
 * @param ordered whether events of one key are handled one at a time, in order; default false
 * @param concurrency handlers running at once on one node, 1 to 10,000; default 16
 * @param prefetch deliveries held in memory, payloads and all, besides the running ones, 0 to 100,000; default 2,000;
 *     less for payloads of many kilobytes. Handled ones whose outcome is not stored yet come on top, up to half as many
 *     as all these
 * @param batchSize events given to a batch handler at once, 1 to 10,000; default 100
 * @param timeout how long one run of the handler may take, 1 ms to 365 days; default 30 s
 * @param retry what follows a failed attempt; default {@link RetryPolicy#DEFAULTS}
 * @param onDead what follows a dead letter of an ordered consumer; default {@link OnDead#PARK_KEY}
 * @param partitions slices of the inbox that nodes share, 1 to 1,024, fixed at first registration; default 32
 */
public record ConsumerOptions(
        boolean ordered,
        int concurrency,
        int prefetch,
        int batchSize,
        Duration timeout,
        RetryPolicy retry,
        OnDead onDead,
        int partitions) {

    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);
    private static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

    public static final ConsumerOptions DEFAULTS = new ConsumerOptions(
            false, 16, 2_000, 100, Duration.ofSeconds(30), RetryPolicy.DEFAULTS, OnDead.PARK_KEY, 32);

    public ConsumerOptions {
        requireBetween("concurrency", concurrency, 1, 10_000);
        requireBetween("prefetch", prefetch, 0, 100_000);
        requireBetween("batchSize", batchSize, 1, 10_000);
        requireBetween("partitions", partitions, 1, 1_024);
        if (timeout.compareTo(SHORTEST_TIMEOUT) < 0 || timeout.compareTo(LONGEST_TIMEOUT) > 0) {
            throw new IllegalArgumentException("timeout is " + timeout + ", allowed is PT0.001S to 365 days");
        }
    }

    private static void requireBetween(String name, int value, int low, int high) {
        if (value < low || value > high) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed are " + low + " to " + high);
        }
    }
}
