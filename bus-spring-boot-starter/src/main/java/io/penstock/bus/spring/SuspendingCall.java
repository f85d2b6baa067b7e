package io.penstock.bus.spring;

import java.util.function.Function;
import kotlin.coroutines.Continuation;
import kotlinx.coroutines.Dispatchers;
import kotlinx.coroutines.reactor.MonoKt;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;
import reactor.core.publisher.Mono;

/**
 * Calls suspend functions of Kotlin, on the subscriber's thread and with its Reactor context, and so in its transaction.
 * Used only where Kotlin is.
 */
final class SuspendingCall {

    private SuspendingCall() {}

    /** Whether coroutines can be bridged to Reactor. */
    static boolean isPossible() {
        return ClassUtils.isPresent("kotlinx.coroutines.reactor.MonoKt", SuspendingCall.class.getClassLoader());
    }

    /** @param function the compiled form of a suspend function, whose last parameter is the continuation */
    static Mono<Void> of(Function<Continuation<?>, @Nullable Object> function) {
        return MonoKt.mono(Dispatchers.getUnconfined(), (scope, continuation) -> function.apply(continuation))
                .then();
    }
}
