package io.penstock.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Nodes in processes of their own, and what they say they have handled. */
final class NodeProcesses implements AutoCloseable {

    /** What a node prints; other lines are its log. */
    static final String STARTED = "started";

    static final String HANDLED = "handled ";

    private static final long LOOK_AGAIN_NANOS = 1_000_000;

    private final List<ChildJvm> nodes = new ArrayList<>();
    private final Map<String, Long> handled = new ConcurrentHashMap<>();
    private final CountDownLatch started;

    private NodeProcesses(int count) {
        this.started = new CountDownLatch(count);
    }

    /** Returns when all of them have started. */
    static NodeProcesses start(Bench bench, int count, String heap) throws Exception {
        Bench.Address at = bench.database();
        NodeProcesses processes = new NodeProcesses(count);
        for (int i = 0; i < count; i++) {
            String node = "node-" + i + " ";
            processes.nodes.add(ChildJvm.start(
                    BusNode.class,
                    heap,
                    line -> processes.told(node, line),
                    at.host(),
                    Integer.toString(at.port()),
                    at.user(),
                    at.password(),
                    at.name(),
                    Integer.toString(bench.option("lease", 15))));
        }
        if (!processes.started.await(1, TimeUnit.MINUTES)) {
            processes.close();
            throw new IllegalStateException("A node did not start");
        }
        return processes;
    }

    void run(String consumer) {
        nodes.forEach(node -> node.tell(consumer));
    }

    /** How many events of the consumer all nodes have handled. */
    long handled(String consumer) {
        return handled.entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(" " + consumer))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    void await(String consumer, long events) {
        long until = System.nanoTime() + Blocking.PATIENCE.toNanos();
        while (handled(consumer) < events) {
            if (System.nanoTime() - until > 0 || !nodes.stream().allMatch(ChildJvm::isRunning)) {
                throw new IllegalStateException(handled(consumer) + " of " + events + " events were handled");
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    private void told(String node, String line) {
        if (line.equals(STARTED)) {
            started.countDown();
        } else if (line.startsWith(HANDLED)) {
            int space = line.lastIndexOf(' ');
            handled.put(node + line.substring(HANDLED.length(), space), Long.parseLong(line.substring(space + 1)));
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (ChildJvm node : nodes) {
            node.close();
        }
    }
}
