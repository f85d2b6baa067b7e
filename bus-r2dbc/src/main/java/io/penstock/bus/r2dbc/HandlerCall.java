package io.penstock.bus.r2dbc;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.context.Context;

/**
 * Calls a handler so that whatever it does ends the returned {@code Mono}: throwing, returning null, and also errors
 * that Reactor takes for fatal and throws past its operators, {@code StackOverflowError} among them.
 *
 * <p>Design note: that last case is why a handler is subscribed to here and not by an operator.
 */
final class HandlerCall {

    private HandlerCall() {}

    static Mono<Void> of(Supplier<? extends @Nullable Mono<Void>> handler) {
        return Mono.create(sink -> call(handler, sink));
    }

    private static void call(Supplier<? extends @Nullable Mono<Void>> handler, MonoSink<Void> sink) {
        try {
            Mono<Void> handling = Objects.requireNonNull(handler.get(), "The handler returned null instead of a Mono");
            // then() waits for the end: a Mono that emits and then errors has failed.
            sink.onDispose(handling.then().subscribe(null, sink::error, sink::success, Context.of(sink.contextView())));
        } catch (Throwable thrown) {
            sink.error(thrown);
        }
    }
}
