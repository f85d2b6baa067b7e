package io.penstock.benchmarks;

import io.penstock.bus.RunningConsumer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Handles the first of a backlog; the clock stops when as many events as the workload has were handled. */
final class BusBacklog extends BusAttempt {

    private final long stored;
    private final AtomicInteger handled = new AtomicInteger();
    private final CountDownLatch enough = new CountDownLatch(1);

    /** @param times the backlog is so many times the workload's events */
    BusBacklog(Bench bench, int times) {
        super(bench);
        this.stored = (long) bench.events() * times;
    }

    @Override
    public void run() throws Exception {
        RunningConsumer running = Blocking.get(bus.subscribe(Shape.DEFAULT.spec("consumer-0", this::count)));
        if (!enough.await(Blocking.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException(handled + " of " + bench.events() + " events were handled");
        }
        // Ends what has begun, so that the count in the database is exact; some milliseconds.
        Blocking.await(running.unsubscribe());
    }

    private void count(int number) {
        if (handled.incrementAndGet() == bench.events()) {
            enough.countDown();
        }
    }

    @Override
    public void verify() throws Exception {
        Jdbc.require(
                bench.database(),
                "rows left in the inbox",
                "SELECT count(*) FROM penstock.inbox",
                stored - handled.get());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.putAll(Shape.DEFAULT.config());
        config.put("backlog", stored);
        return config;
    }
}
