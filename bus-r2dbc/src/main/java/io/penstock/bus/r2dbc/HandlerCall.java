package io.penstock.bus.r2dbc;

import io.penstock.bus.Delivery;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Calls a handler so that whatever it does ends the returned {@code Mono}: throwing, returning null, taking too long,
 * and also errors that Reactor takes for fatal and throws past its operators, {@code StackOverflowError} among them.
 *
 * <p>Design note: that last case is why a handler is subscribed to here and not by an operator. A value is ignored and
 * its end waited for: a {@code Mono} that emits and then errors has failed.
 */
final class HandlerCall<R> extends BaseSubscriber<Object> {

    private final Supplier<? extends @Nullable Mono<Void>> handler;
    private final Supplier<R> result;
    private final MonoSink<R> sink;
    private final Context context;
    private final Disposable deadline;

    private HandlerCall(
            Supplier<? extends @Nullable Mono<Void>> handler,
            Supplier<R> result,
            MonoSink<R> sink,
            Context context,
            Deadlines deadlines,
            Supplier<? extends Throwable> overdue) {
        this.handler = handler;
        this.result = result;
        this.sink = sink;
        this.context = context;
        this.deadline = deadlines.begin(() -> end(overdue.get()));
    }

    /**
     * Emits the result when the handler has ended.
     *
     * @param delivery what the handler finds in its context; {@code null}: nothing
     */
    static <R> Mono<R> of(
            Supplier<? extends @Nullable Mono<Void>> handler,
            Supplier<R> result,
            @Nullable Delivery delivery,
            Deadlines deadlines,
            Supplier<? extends Throwable> overdue) {
        return Mono.create(
                sink -> new HandlerCall<>(handler, result, sink, context(sink, delivery), deadlines, overdue).call());
    }

    private static Context context(MonoSink<?> sink, @Nullable Delivery delivery) {
        Context outer = Context.of(sink.contextView());
        return delivery == null ? outer : outer.put(Delivery.CONTEXT_KEY, delivery);
    }

    private void call() {
        sink.onDispose(this);
        if (isDisposed()) {
            return;
        }
        try {
            Mono<Void> called = Objects.requireNonNull(handler.get(), "The handler returned null instead of a Mono");
            if (called == Mono.<Void>empty()) {
                hookOnComplete();
            } else if (!isDisposed()) {
                called.subscribe(this);
            }
        } catch (Throwable thrown) {
            sink.error(thrown);
        }
    }

    @Override
    public Context currentContext() {
        return context;
    }

    @Override
    protected void hookOnNext(Object ignored) {}

    @Override
    protected void hookOnComplete() {
        sink.success(result.get());
    }

    @Override
    protected void hookOnError(Throwable error) {
        sink.error(error);
    }

    /** The handler is cancelled first: what follows, the next event of its key say, does not meet it. */
    private void end(Throwable overdue) {
        stop();
        sink.error(overdue);
    }

    /** At any end: the handler goes on no longer than what waits for it. */
    @Override
    public void dispose() {
        deadline.dispose();
        stop();
    }

    /** A handler may throw also when it is cancelled. */
    private void stop() {
        try {
            cancel();
        } catch (Throwable thrown) {
            Operators.onErrorDropped(thrown, context);
        }
    }
}
