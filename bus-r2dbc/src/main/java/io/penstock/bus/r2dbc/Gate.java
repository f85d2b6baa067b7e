package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Lets units run, so many at once; the others wait in their order. Thread-safe.
 *
 * <p>Design note: this is what {@code flatMap} with a concurrency does, but that scans all its inner subscribers whenever
 * one of them ends, which took 22 % of the CPU of a drain with 256 handlers at once. So running units are subscribed
 * to by {@link UnitRun}, and this class owns these.
 */
final class Gate implements Disposable {

    private final Queue<List<Claimed>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger drains = new AtomicInteger();
    private final Set<UnitRun> runs = ConcurrentHashMap.newKeySet();
    private final int most;
    private final Executor threads;
    private final Function<List<Claimed>, Mono<List<Ended>>> deliver;
    private final Consumer<List<Ended>> onEnd;
    private volatile boolean disposed;

    /** @param deliver must not error; {@code onEnd} gets what it emits */
    Gate(int most, Executor threads, Function<List<Claimed>, Mono<List<Ended>>> deliver, Consumer<List<Ended>> onEnd) {
        this.most = most;
        this.threads = threads;
        this.deliver = deliver;
        this.onEnd = onEnd;
    }

    void enter(List<List<Claimed>> units) {
        if (!units.isEmpty()) {
            waiting.addAll(units);
            drain();
        }
    }

    /** Cancels what runs, and lets nothing more in. */
    @Override
    public void dispose() {
        disposed = true;
        runs.forEach(UnitRun::dispose);
    }

    private void drain() {
        if (drains.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        while (seen != 0) {
            startWaiting();
            seen = drains.addAndGet(-seen);
        }
    }

    private void startWaiting() {
        while (running.get() < most && !disposed) {
            List<Claimed> unit = waiting.poll();
            if (unit == null) {
                return;
            }
            running.incrementAndGet();
            start(new UnitRun(deliver.apply(unit), onEnd, this::left));
        }
    }

    private void start(UnitRun run) {
        runs.add(run);
        if (disposed) {
            run.dispose();
        } else {
            threads.execute(run);
        }
    }

    private void left(UnitRun run) {
        runs.remove(run);
        running.decrementAndGet();
        drain();
    }
}
