package io.penstock.bus.r2dbc;

import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Schedulers;

/** Goes off at the earliest of the times it was given. Thread-safe. */
final class DueTimer implements Disposable {

    private static final long FARTHEST_MILLIS = TimeUnit.HOURS.toMillis(1);

    private final Runnable onDue;
    private final Disposable.Swap timer = Disposables.swap();
    private boolean armed;
    private long deadline;

    DueTimer(Runnable onDue) {
        this.onDue = onDue;
    }

    /** Times farther away than an hour go off after an hour: whoever then looks sets the timer anew. */
    synchronized void in(long millis) {
        long delay = Math.max(0, Math.min(millis, FARTHEST_MILLIS));
        long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay);
        if (armed && deadline - at <= 0) {
            return;
        }
        armed = true;
        deadline = at;
        timer.update(Schedulers.parallel().schedule(this::goOff, delay, TimeUnit.MILLISECONDS));
    }

    private void goOff() {
        synchronized (this) {
            armed = false;
        }
        onDue.run();
    }

    @Override
    public void dispose() {
        timer.dispose();
    }
}
