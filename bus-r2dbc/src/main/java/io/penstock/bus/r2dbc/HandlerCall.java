package io.penstock.bus.r2dbc;

import io.penstock.bus.Delivery;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Calls a handler, on the thread that first requests, so that whatever it does ends this {@code Mono}: throwing, returning
 * null, taking too long, and also errors that Reactor takes for fatal and throws past its operators, {@code
 * StackOverflowError} among them. Emits the result when the handler has ended, and on an error what {@code failed} makes
 * of it. Cancelling cancels the handler.
 *
 * <p>Design note: fatal errors are why a handler is subscribed to here and not by an operator. A value is ignored and its
 * end waited for: a {@code Mono} that emits and then errors has failed. A sink in between, and an operator for the errors,
 * took a twelfth of what a handler's thread does for an event. Reactor's hooks on assembly do not see this step.
 */
final class HandlerCall<R> extends Mono<R> {

    private final Supplier<? extends @Nullable Mono<Void>> handler;
    private final Supplier<R> result;
    private final Failed<R> failed;
    private final @Nullable Delivery delivery;
    private final Deadlines deadlines;
    private final Supplier<? extends Throwable> overdue;

    /**
     * @param delivery what the handler finds in its context; {@code null}: nothing
     */
    HandlerCall(
            Supplier<? extends @Nullable Mono<Void>> handler,
            Supplier<R> result,
            Failed<R> failed,
            @Nullable Delivery delivery,
            Deadlines deadlines,
            Supplier<? extends Throwable> overdue) {
        this.handler = handler;
        this.result = result;
        this.failed = failed;
        this.delivery = delivery;
        this.deadlines = deadlines;
        this.overdue = overdue;
    }

    @Override
    public void subscribe(CoreSubscriber<? super R> actual) {
        actual.onSubscribe(new Call<>(this, actual));
    }

    private Context context(Context outer) {
        return delivery == null ? outer : outer.put(Delivery.CONTEXT_KEY, delivery);
    }

    private Mono<Void> callHandler() {
        return Objects.requireNonNull(handler.get(), "The handler returned null instead of a Mono");
    }

    /** What to emit for an error; {@code null}: the error is passed on. */
    @FunctionalInterface
    interface Failed<R> {
        @Nullable
        R of(Throwable error);
    }

    private static final class Call<R> implements CoreSubscriber<Object>, Subscription {

        private static final int ASKED = 1;
        private static final int OVER = 2;

        @SuppressWarnings("rawtypes")
        private static final AtomicIntegerFieldUpdater<Call> STATE =
                AtomicIntegerFieldUpdater.newUpdater(Call.class, "state");

        @SuppressWarnings("rawtypes")
        private static final AtomicReferenceFieldUpdater<Call, Subscription> RUNNING =
                AtomicReferenceFieldUpdater.newUpdater(Call.class, Subscription.class, "running");

        private final HandlerCall<R> parent;
        private final CoreSubscriber<? super R> actual;
        private final Context context;
        private volatile int state;
        private volatile @Nullable Disposable deadline;

        @SuppressWarnings("unused") // Read and written by RUNNING.
        private volatile @Nullable Subscription running;

        Call(HandlerCall<R> parent, CoreSubscriber<? super R> actual) {
            this.parent = parent;
            this.actual = actual;
            this.context = parent.context(actual.currentContext());
        }

        @Override
        public void request(long n) {
            if (Operators.validate(n) && STATE.compareAndSet(this, 0, ASKED)) {
                call();
            }
        }

        private void call() {
            try {
                deadline = parent.deadlines.begin(this::endOverdue);
                Mono<Void> called = parent.callHandler();
                if (called == Mono.<Void>empty()) {
                    onComplete();
                } else if (state == OVER) {
                    forgetDeadline();
                } else {
                    called.subscribe(this);
                }
            } catch (Throwable thrown) {
                endThrown(thrown);
            }
        }

        @Override
        public Context currentContext() {
            return context;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (Operators.setOnce(RUNNING, this, subscription)) {
                try {
                    subscription.request(Long.MAX_VALUE);
                } catch (Throwable thrown) {
                    endThrown(thrown);
                }
            }
        }

        @Override
        public void onNext(Object ignored) {}

        /** What it emits is made first: the stack may end there, which is an error still. */
        @Override
        public void onComplete() {
            R value = parent.result.get();
            if (end()) {
                emit(value);
            }
        }

        @Override
        public void onError(Throwable error) {
            Objects.requireNonNull(error, "error");
            if (end()) {
                fail(error);
            } else {
                Operators.onErrorDropped(error, context);
            }
        }

        /** Of what was subscribed to before it was thrown, a part may run: it is cancelled, as by a timeout. */
        private void endThrown(Throwable thrown) {
            if (end()) {
                stopAndFail(thrown);
            } else {
                Operators.onErrorDropped(thrown, context);
            }
        }

        private void endOverdue() {
            if (end()) {
                stopAndFail(parent.overdue.get());
            }
        }

        /** The handler goes on no longer than what waits for it. */
        @Override
        public void cancel() {
            if (end()) {
                stop();
            }
        }

        /** Whether this is the first end, the only one that counts. */
        private boolean end() {
            if (STATE.getAndSet(this, OVER) == OVER) {
                return false;
            }
            forgetDeadline();
            return true;
        }

        private void forgetDeadline() {
            Disposable begun = deadline;
            if (begun != null) {
                begun.dispose();
            }
        }

        /** In this order: what follows, the next event of its key say, does not meet the handler. */
        private void stopAndFail(Throwable error) {
            try {
                stop();
            } finally {
                fail(error);
            }
        }

        private void fail(Throwable error) {
            R instead;
            try {
                instead = parent.failed.of(error);
            } catch (Throwable another) {
                actual.onError(another);
                return;
            }
            if (instead == null) {
                actual.onError(error);
            } else {
                emit(instead);
            }
        }

        private void emit(R value) {
            try {
                actual.onNext(value);
            } catch (Throwable thrown) {
                actual.onError(thrown);
                return;
            }
            actual.onComplete();
        }

        /** A handler may throw also when it is cancelled. */
        private void stop() {
            try {
                Operators.terminate(RUNNING, this);
            } catch (Throwable thrown) {
                Operators.onErrorDropped(thrown, context);
            }
        }
    }
}
