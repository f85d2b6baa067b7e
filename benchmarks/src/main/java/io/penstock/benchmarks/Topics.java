package io.penstock.benchmarks;

import java.util.concurrent.atomic.AtomicInteger;

/** Names of topics: each cell has its own. */
final class Topics {

    private static final AtomicInteger LAST = new AtomicInteger();

    private Topics() {}

    static String next() {
        return "bench-" + LAST.incrementAndGet();
    }
}
