package io.penstock.bus.r2dbc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Lets units run, so many at once; the others wait in their order. Thread-safe.
 *
 * <p>Design note: this is what {@code flatMap} with a concurrency does, but that scans all its inner subscribers whenever
 * one of them ends, which took 22 % of the CPU of a drain with 256 handlers at once. So running units are subscribed
 * to by {@link UnitRun}, and this class owns these, each in a slot.
 */
final class Gate implements Disposable {

    private final Queue<List<Claimed>> waiting = new ArrayDeque<>();
    private final @Nullable UnitRun[] running;
    private final int[] freeSlots;
    private final Executor threads;
    private final BooleanSupplier mayBeginHere;
    private final Function<List<Claimed>, Mono<List<Ended>>> deliver;
    private final Consumer<List<Ended>> onEnd;
    private final Consumer<UnitRun> onLeft = this::left;
    private int free;
    private boolean disposed;

    /**
     * @param threads on which units are begun
     * @param mayBeginHere whether the next may be begun where one ended instead, which saves waking a thread
     * @param onEnd gets what {@code deliver} emits
     */
    Gate(
            int most,
            Executor threads,
            BooleanSupplier mayBeginHere,
            Function<List<Claimed>, Mono<List<Ended>>> deliver,
            Consumer<List<Ended>> onEnd) {
        this.running = new @Nullable UnitRun[most];
        this.freeSlots = new int[most];
        Arrays.setAll(freeSlots, slot -> slot);
        this.free = most;
        this.threads = threads;
        this.mayBeginHere = mayBeginHere;
        this.deliver = deliver;
        this.onEnd = onEnd;
    }

    void enter(List<List<Claimed>> units) {
        if (!units.isEmpty()) {
            add(units);
        }
    }

    private synchronized void add(List<List<Claimed>> units) {
        waiting.addAll(units);
        startWaiting();
    }

    /** Cancels what runs, and lets nothing more in. */
    @Override
    public void dispose() {
        close().forEach(UnitRun::dispose);
    }

    private synchronized List<UnitRun> close() {
        disposed = true;
        List<UnitRun> runs = new ArrayList<>();
        for (UnitRun run : running) {
            if (run != null) {
                runs.add(run);
            }
        }
        return runs;
    }

    private void startWaiting() {
        for (UnitRun run = next(); run != null; run = next()) {
            threads.execute(run);
        }
    }

    private @Nullable UnitRun next() {
        List<Claimed> unit = free == 0 || disposed ? null : waiting.poll();
        if (unit == null) {
            return null;
        }
        int slot = freeSlots[--free];
        UnitRun run = new UnitRun(slot, unit, deliver, onEnd, onLeft);
        running[slot] = run;
        return run;
    }

    private void left(UnitRun run) {
        UnitRun next = instead(run);
        if (next == null) {
            return;
        }
        // Behind one that ended while it was being begun, they would go ever deeper.
        if (!run.isBeginning() && mayBeginHere.getAsBoolean()) {
            next.begin();
        } else {
            threads.execute(next);
        }
    }

    private synchronized @Nullable UnitRun instead(UnitRun run) {
        running[run.slot()] = null;
        freeSlots[free++] = run.slot();
        return next();
    }
}
