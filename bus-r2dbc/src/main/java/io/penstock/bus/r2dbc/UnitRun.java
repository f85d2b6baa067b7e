package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One unit on its way through the pipeline, begun on a handler's thread. When it ends while that thread is still in it,
 * a handler blocks there after its time: the thread is interrupted.
 *
 * <p>Design note: {@code subscribeOn} does this too, with a worker, a future and two sets of disposables for each unit,
 * a tenth of the CPU of a drain.
 */
final class UnitRun implements Runnable, Disposable {

    private final Mono<List<Ended>> delivery;
    private final Consumer<List<Ended>> onEnd;
    private final Consumer<UnitRun> onLeft;
    private final Disposable.Swap subscription = Disposables.swap();
    private @Nullable Thread thread;
    private boolean over;

    /** @param onLeft called once, after {@code onEnd} if that is called */
    UnitRun(Mono<List<Ended>> delivery, Consumer<List<Ended>> onEnd, Consumer<UnitRun> onLeft) {
        this.delivery = delivery;
        this.onEnd = onEnd;
        this.onLeft = onLeft;
    }

    @Override
    public void run() {
        if (!enter()) {
            return;
        }
        try {
            // Before the handler is called, so that a cancel also reaches one that blocks in there.
            delivery.doOnSubscribe(begun -> subscription.update(begun::cancel))
                    .subscribe(this::end, this::drop, this::leave);
        } catch (Throwable fatal) {
            drop(fatal);
        } finally {
            leaveThread();
        }
    }

    @Override
    public void dispose() {
        subscription.dispose();
        leave();
    }

    private synchronized boolean enter() {
        thread = Thread.currentThread();
        return !over;
    }

    private synchronized void leaveThread() {
        thread = null;
    }

    /** What a handler brings about after it was cancelled is not recorded: its row stays owed. */
    private void end(List<Ended> ended) {
        if (!isOver()) {
            onEnd.accept(ended);
        }
    }

    /** Of the bus itself, or of a handler that had ended already and then threw what Reactor lets through. */
    private void drop(Throwable error) {
        leave();
        Operators.onErrorDropped(error, Context.empty());
    }

    private void leave() {
        if (finish()) {
            onLeft.accept(this);
        }
    }

    private synchronized boolean isOver() {
        return over;
    }

    private synchronized boolean finish() {
        if (over) {
            return false;
        }
        over = true;
        if (thread != null && thread != Thread.currentThread()) {
            thread.interrupt();
        }
        return true;
    }
}
