package io.penstock.bus.r2dbc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * Ends what has run for too long. Thread-safe.
 *
 * <p>Design note: Reactor's {@code timeout} sets up a timer for each run and takes it away again, which costs more than
 * the run of a handler that returns at once, and five of which were a tenth of the JVM's work for a transactional
 * delivery. What has the same time comes due in the order in which it began: a linked list and the timer of its first do.
 */
final class Deadlines {

    private final Duration time;
    private final long nanos;
    // A ring: what follows its head comes due first.
    private final Deadline head = new Deadline(0, () -> {});
    private final DueTimer timer = new DueTimer(this::endOverdue);
    private boolean watched;
    private long watchedUntil;

    Deadlines(Duration timeout) {
        this.time = timeout;
        this.nanos = timeout.toNanos();
    }

    /** Runs {@code onOver} when the time is over, unless what is returned is disposed of before. */
    Disposable begin(Runnable onOver) {
        long now = System.nanoTime();
        Deadline begun = new Deadline(now + nanos, onOver);
        if (append(begun, now)) {
            timer.inNanos(nanos);
        }
        return begun;
    }

    /** The same source; when it takes longer it is cancelled, with a {@code TimeoutException} that names the step. */
    <T> Mono<T> limit(Mono<T> source, String step) {
        return source.timeout(over(), Mono.error(() -> new TimeoutException(step + " took longer than " + time)));
    }

    /** What follows may be code of the application, which is not to hold up the others. */
    private Mono<Void> over() {
        return Mono.create(
                sink -> sink.onDispose(begin(() -> Schedulers.parallel().schedule(sink::success))));
    }

    /** Whether no timer was set that may go off still: a lost one must not keep all that follows from being ended. */
    private synchronized boolean append(Deadline last, long now) {
        last.putBefore(head);
        boolean isWatched = watched && now - watchedUntil < DueTimer.LATE_NANOS;
        if (!isWatched) {
            watched = true;
            watchedUntil = last.at;
        }
        return !isWatched;
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
        watchedUntil = head.next.at;
        return watched ? watchedUntil - now : 0;
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
