package io.penstock.bus.r2dbc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import reactor.core.Disposable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Ends what has run for too long. Thread-safe.
 *
 * <p>Design note: Reactor's {@code timeout} sets up a timer for each run and takes it away again, which costs more than
 * the run of a handler that returns at once. All runs of a consumer have the same time, so they come due in the order in
 * which they began: a list and the timer of its first do.
 */
final class Deadlines {

    private final long nanos;
    private final Set<Deadline> running = new LinkedHashSet<>();
    private final DueTimer timer = new DueTimer(this::endOverdue);
    private boolean watched;

    Deadlines(Duration timeout) {
        this.nanos = timeout.toNanos();
    }

    /** Runs {@code onOver} when the time is over, unless what is returned is disposed of before. */
    Disposable begin(Runnable onOver) {
        Deadline begun = new Deadline(System.nanoTime() + nanos, onOver);
        boolean isFirst;
        synchronized (running) {
            running.add(begun);
            isFirst = !watched;
            watched = true;
        }
        if (isFirst) {
            timer.inNanos(nanos);
        }
        return begun;
    }

    private void endOverdue() {
        long now = System.nanoTime();
        List<Deadline> overdue = new ArrayList<>();
        long next = 0;
        synchronized (running) {
            Iterator<Deadline> inOrder = running.iterator();
            while (inOrder.hasNext() && next <= 0) {
                Deadline deadline = inOrder.next();
                next = deadline.at - now;
                if (next <= 0) {
                    inOrder.remove();
                    overdue.add(deadline);
                }
            }
            watched = next > 0;
        }
        if (next > 0) {
            timer.inNanos(next);
        }
        overdue.forEach(Deadline::end);
    }

    private final class Deadline implements Disposable {

        private final long at;
        private final Runnable onOver;

        Deadline(long at, Runnable onOver) {
            this.at = at;
            this.onOver = onOver;
        }

        /** Whatever the end of one brings about, the others end too. */
        void end() {
            try {
                onOver.run();
            } catch (Throwable thrown) {
                Operators.onErrorDropped(thrown, Context.empty());
            }
        }

        @Override
        public void dispose() {
            synchronized (running) {
                running.remove(this);
            }
        }
    }
}
