package io.penstock.bus.r2dbc;

import io.penstock.bus.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One unit on its way through the pipeline, as a rule begun on a handler's thread. When it ends while that thread is still
 * in it, a handler blocks there after its time: the thread is interrupted.
 *
 * <p>Design note: {@code subscribeOn} does this too, with a worker, a future and two sets of disposables for each unit,
 * a tenth of the CPU of a drain.
 */
final class UnitRun extends BaseSubscriber<List<Ended>> implements Runnable {

    private static final Outcome LOST = new Outcome.Released("it could not be delivered", Duration.ofSeconds(1));

    private final int slot;
    private final List<Claimed> unit;
    private final Function<List<Claimed>, Mono<List<Ended>>> deliver;
    private final Consumer<List<Ended>> onEnd;
    private final Consumer<UnitRun> onLeft;
    private @Nullable Thread thread;
    private volatile boolean beginning;
    private boolean told;
    private volatile boolean over;

    /**
     * @param slot of the gate it passed
     * @param onLeft called once, after {@code onEnd} if that is called
     */
    UnitRun(
            int slot,
            List<Claimed> unit,
            Function<List<Claimed>, Mono<List<Ended>>> deliver,
            Consumer<List<Ended>> onEnd,
            Consumer<UnitRun> onLeft) {
        this.slot = slot;
        this.unit = unit;
        this.deliver = deliver;
        this.onEnd = onEnd;
        this.onLeft = onLeft;
    }

    int slot() {
        return slot;
    }

    @Override
    public void run() {
        if (enter()) {
            try {
                begin();
            } finally {
                leaveThread();
            }
        }
    }

    /** The same where it is called, which may be a thread of the driver: it is never interrupted. */
    void begin() {
        beginning = true;
        try {
            deliver.apply(unit).subscribe(this);
        } catch (Throwable fatal) {
            drop(fatal);
            // What was begun of it goes on no longer than what is told of it.
            cancel();
        } finally {
            beginning = false;
        }
    }

    boolean isBeginning() {
        return beginning;
    }

    @Override
    public void dispose() {
        try {
            cancel();
        } finally {
            leave();
        }
    }

    /** What a handler brings about after it was cancelled is not recorded: its row stays owed. */
    @Override
    protected void hookOnNext(List<Ended> ended) {
        if (isFirst()) {
            onEnd.accept(ended);
        }
    }

    @Override
    protected void hookOnComplete() {
        end();
    }

    @Override
    protected void hookOnError(Throwable error) {
        drop(error);
    }

    private synchronized boolean enter() {
        thread = Thread.currentThread();
        return !over;
    }

    /** Of one that is seen to be over nothing interrupts the thread any more. */
    private void leaveThread() {
        if (!over) {
            forgetThread();
        }
    }

    private synchronized void forgetThread() {
        thread = null;
    }

    /** Of the bus itself, or thrown past all operators as Reactor does with what it takes for fatal. */
    private void drop(Throwable error) {
        end();
        Operators.onErrorDropped(error, Context.empty());
    }

    /** Rows that nothing is heard of would be left out of what is read, and hold their partition, for ever. */
    private void end() {
        try {
            // What is told is told by signals, one after the other.
            if (!told && isFirst()) {
                onEnd.accept(
                        unit.stream().map(row -> Ended.notAttempted(row, LOST)).toList());
            }
        } finally {
            leave();
        }
    }

    private void leave() {
        if (finish()) {
            onLeft.accept(this);
        }
    }

    private synchronized boolean isFirst() {
        boolean isFirst = !told && !over;
        told = true;
        return isFirst;
    }

    private synchronized boolean finish() {
        if (over) {
            return false;
        }
        if (thread != null && thread != Thread.currentThread()) {
            thread.interrupt();
        }
        // Last: a thread that sees this leaves without asking, and what interrupts it then would hit its next task.
        over = true;
        return true;
    }
}
