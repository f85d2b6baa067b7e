package io.penstock.bus.r2dbc;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.context.Context;

/**
 * Calls a handler so that whatever it does ends the returned {@code Mono}: throwing, returning null, taking too long,
 * and also errors that Reactor takes for fatal and throws past its operators, {@code StackOverflowError} among them.
 *
 * <p>Design note: that last case is why a handler is subscribed to here and not by an operator.
 */
final class HandlerCall implements Disposable {

    private final Supplier<? extends @Nullable Mono<Void>> handler;
    private final MonoSink<Void> sink;
    private final Disposable deadline;
    private final Disposable.Swap handling = Disposables.swap();

    private HandlerCall(
            Supplier<? extends @Nullable Mono<Void>> handler,
            MonoSink<Void> sink,
            Deadlines deadlines,
            Supplier<? extends Throwable> overdue) {
        this.handler = handler;
        this.sink = sink;
        this.deadline = deadlines.begin(() -> end(overdue.get()));
    }

    static Mono<Void> of(
            Supplier<? extends @Nullable Mono<Void>> handler,
            Deadlines deadlines,
            Supplier<? extends Throwable> overdue) {
        return Mono.create(sink -> new HandlerCall(handler, sink, deadlines, overdue).call());
    }

    private void call() {
        sink.onDispose(this);
        try {
            Mono<Void> called = Objects.requireNonNull(handler.get(), "The handler returned null instead of a Mono");
            // then() waits for the end: a Mono that emits and then errors has failed.
            handling.update(called.then().subscribe(null, sink::error, sink::success, Context.of(sink.contextView())));
        } catch (Throwable thrown) {
            sink.error(thrown);
        }
    }

    /** The handler is cancelled first: what follows, the next event of its key say, does not meet it. */
    private void end(Throwable overdue) {
        handling.dispose();
        sink.error(overdue);
    }

    /** At any end: the handler goes on no longer than what waits for it. */
    @Override
    public void dispose() {
        deadline.dispose();
        handling.dispose();
    }
}
