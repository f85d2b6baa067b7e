package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * Lets units run, so many at once; the others wait in their order. Thread-safe.
 *
 * <p>Design note: this is what {@code flatMap} with a concurrency does, but that scans all its inner subscribers whenever
 * one of them ends, which took 22 % of the CPU of a drain with 256 handlers at once. So running units are subscribed
 * here, and this class owns their disposables.
 */
final class Gate implements Disposable {

    private final Queue<List<Claimed>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger drains = new AtomicInteger();
    private final Disposable.Composite subscribed = Disposables.composite();
    private final int most;
    private final Function<List<Claimed>, Mono<List<Ended>>> run;
    private final Consumer<List<Ended>> onEnd;

    /** @param run must not error; {@code onEnd} gets what it emits */
    Gate(int most, Function<List<Claimed>, Mono<List<Ended>>> run, Consumer<List<Ended>> onEnd) {
        this.most = most;
        this.run = run;
        this.onEnd = onEnd;
    }

    void enter(List<List<Claimed>> units) {
        if (!units.isEmpty()) {
            waiting.addAll(units);
            drain();
        }
    }

    /** Cancels what runs. */
    @Override
    public void dispose() {
        subscribed.dispose();
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
        while (running.get() < most) {
            List<Claimed> unit = waiting.poll();
            if (unit == null) {
                return;
            }
            running.incrementAndGet();
            Disposable.Swap subscription = Disposables.swap();
            subscribed.add(subscription);
            subscription.update(
                    run.apply(unit).doFinally(end -> left(subscription)).subscribe(onEnd));
        }
    }

    private void left(Disposable subscription) {
        subscribed.remove(subscription);
        running.decrementAndGet();
        drain();
    }
}
