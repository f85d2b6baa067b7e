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
 * Calls a handler so that whatever it does ends this {@code Mono}: throwing, returning null, taking too long, and also
 * errors that Reactor takes for fatal and throws past its operators, {@code StackOverflowError} among them. Emits the
 * result when the handler has ended, and on an error what {@code failed} makes of it. Cancelling cancels the handler.
 *
 * <p>Design note: that last case is why a handler is subscribed to here and not by an operator. A value is ignored and
 * its end waited for: a {@code Mono} that emits and then errors has failed. A sink in between, and an operator for the
 * errors, took a tenth of what a handler's thread does for an event.
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

    private Mono<Void> called() {
        return Objects.requireNonNull(handler.get(), "The handler returned null instead of a Mono");
    }

    /** What to emit for an error; {@code null}: the error itself. */
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
        private static final AtomicReferenceFieldUpdater<Call, Subscription> HANDLER =
                AtomicReferenceFieldUpdater.newUpdater(Call.class, Subscription.class, "handler");

        private final HandlerCall<R> parent;
        private final CoreSubscriber<? super R> actual;
        private final Context context;
        private final Disposable deadline;
        private volatile int state;

        @SuppressWarnings("unused") // By HANDLER.
        private volatile @Nullable Subscription handler;

        Call(HandlerCall<R> parent, CoreSubscriber<? super R> actual) {
            this.parent = parent;
            this.actual = actual;
            this.context = parent.context(actual.currentContext());
            this.deadline = parent.deadlines.begin(this::endOverdue);
        }

        @Override
        public void request(long n) {
            if (Operators.validate(n) && STATE.compareAndSet(this, 0, ASKED)) {
                call();
            }
        }

        private void call() {
            try {
                Mono<Void> called = parent.called();
                if (called == Mono.<Void>empty()) {
                    onComplete();
                } else if (state != OVER) {
                    called.subscribe(this);
                }
            } catch (Throwable thrown) {
                onError(thrown);
            }
        }

        @Override
        public Context currentContext() {
            return context;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            if (Operators.setOnce(HANDLER, this, subscription)) {
                subscription.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onNext(Object ignored) {}

        @Override
        public void onComplete() {
            if (isFirstEnd()) {
                deadline.dispose();
                succeed();
            }
        }

        @Override
        public void onError(Throwable error) {
            if (isFirstEnd()) {
                deadline.dispose();
                fail(error);
            } else {
                Operators.onErrorDropped(error, context);
            }
        }

        /** The handler is cancelled first: what follows, the next event of its key say, does not meet it. */
        private void endOverdue() {
            if (isFirstEnd()) {
                stop();
                fail(parent.overdue.get());
            }
        }

        /** The handler goes on no longer than what waits for it. */
        @Override
        public void cancel() {
            if (isFirstEnd()) {
                deadline.dispose();
                stop();
            }
        }

        private boolean isFirstEnd() {
            return STATE.getAndSet(this, OVER) != OVER;
        }

        private void succeed() {
            R value;
            try {
                value = parent.result.get();
            } catch (Throwable thrown) {
                fail(thrown);
                return;
            }
            emit(value);
        }

        private void fail(Throwable error) {
            R instead = parent.failed.of(error);
            if (instead == null) {
                actual.onError(error);
            } else {
                emit(instead);
            }
        }

        private void emit(R value) {
            actual.onNext(value);
            actual.onComplete();
        }

        /** A handler may throw also when it is cancelled. */
        private void stop() {
            try {
                Operators.terminate(HANDLER, this);
            } catch (Throwable thrown) {
                Operators.onErrorDropped(thrown, context);
            }
        }
    }
}
