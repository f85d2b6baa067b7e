package io.penstock.benchmarks;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A large backlog, all of it, by a node whose process has a small heap. */
final class SmallHeap implements Attempt {

    private static final String HEAP = "256m";
    private static final String CONSUMER = "consumer-0";

    private final Bench bench;
    private final long stored;
    private @Nullable NodeProcesses node;
    private @Nullable Owed owed;

    SmallHeap(Bench bench, int times) {
        this.bench = bench;
        this.stored = (long) bench.events() * times;
    }

    @Override
    public void prepare() throws Exception {
        node = NodeProcesses.start(bench, 1, HEAP);
        owed = Owed.open(bench.database());
    }

    @Override
    public void run() throws Exception {
        if (node == null || owed == null) {
            throw new IllegalStateException("not prepared");
        }
        node.run(CONSUMER);
        node.await(CONSUMER, stored);
        owed.awaitNone();
    }

    @Override
    public void verify() throws Exception {
        long handled = node == null ? 0 : node.handled(CONSUMER);
        if (handled != stored) {
            throw new IllegalStateException(handled + " events were handled, expected " + stored);
        }
        Owed.requireNone(bench.database());
    }

    @Override
    public long operations(Bench given) {
        return stored;
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(Shape.DEFAULT.config());
        config.put("heap", HEAP);
        config.put("backlog", stored);
        return config;
    }

    @Override
    public void close() throws Exception {
        if (node != null) {
            node.close();
        }
        if (owed != null) {
            owed.close();
        }
    }
}
