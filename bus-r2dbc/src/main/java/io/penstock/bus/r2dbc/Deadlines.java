package io.penstock.bus.r2dbc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.Disposable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Ends what has run for too long. Thread-safe.
 *
 * <p>Design note: Reactor's {@code timeout} sets up a timer for each run and takes it away again, which costs more than
 * the run of a handler that returns at once. All runs of a consumer have the same time, so they come due in the order in
 * which they began: a linked list and the timer of its first do.
 */
final class Deadlines {

    private final long nanos;
    // A ring: what follows its head comes due first.
    private final Deadline head = new Deadline(0, () -> {});
    private final DueTimer timer = new DueTimer(this::endOverdue);
    private boolean watched;

    Deadlines(Duration timeout) {
        this.nanos = timeout.toNanos();
    }

    /** Runs {@code onOver} when the time is over, unless what is returned is disposed of before. */
    Disposable begin(Runnable onOver) {
        Deadline begun = new Deadline(System.nanoTime() + nanos, onOver);
        if (append(begun)) {
            timer.inNanos(nanos);
        }
        return begun;
    }

    /** Whether nothing was watched before. */
    private synchronized boolean append(Deadline last) {
        last.putBefore(head);
        boolean isFirst = !watched;
        watched = true;
        return isFirst;
    }

    private void endOverdue() {
        List<Deadline> overdue = new ArrayList<>();
        long next = takeOverdue(System.nanoTime(), overdue);
        if (next > 0) {
            timer.inNanos(next);
        }
        overdue.forEach(Deadline::end);
    }

    /** How long the first of the others has left, 0 if there is none. */
    private synchronized long takeOverdue(long now, List<Deadline> overdue) {
        while (head.next != head && head.next.at - now <= 0) {
            overdue.add(head.next);
            head.next.takeOut();
        }
        watched = head.next != head;
        return watched ? head.next.at - now : 0;
    }

    private synchronized void forget(Deadline deadline) {
        deadline.takeOut();
    }

    private final class Deadline implements Disposable {

        private final long at;
        private final Runnable onOver;
        private Deadline previous = this;
        private Deadline next = this;

        Deadline(long at, Runnable onOver) {
            this.at = at;
            this.onOver = onOver;
        }

        void putBefore(Deadline other) {
            previous = other.previous;
            next = other;
            previous.next = this;
            next.previous = this;
        }

        /** Of what is out already nothing changes. */
        void takeOut() {
            previous.next = next;
            next.previous = previous;
            previous = this;
            next = this;
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
            forget(this);
        }
    }
}
