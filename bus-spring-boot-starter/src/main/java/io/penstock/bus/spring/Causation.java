package io.penstock.bus.spring;

import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/** Makes what a handler publishes a consequence of the event it handles, unless the handler says otherwise. */
final class Causation {

    /** For handlers that block, and so subscribe to what they publish by themselves. */
    private static final ThreadLocal<@Nullable Delivery> HANDLED = new ThreadLocal<>();

    private Causation() {}

    static Event<?> of(Event<?> event, ContextView context) {
        Delivery reactive = context.getOrDefault(Delivery.CONTEXT_KEY, null);
        Delivery delivery = reactive != null ? reactive : HANDLED.get();
        return delivery == null || event.causationId() != null ? event : caused(event, delivery.event());
    }

    /** What the handling publishes while it is called is caused by its delivery, if it has one. */
    static Mono<Void> during(Mono<Void> handling) {
        return Mono.deferContextual(context -> {
            Delivery delivery = context.getOrDefault(Delivery.CONTEXT_KEY, null);
            return delivery == null ? handling : ScopedSubscription.of(handling, () -> open(delivery));
        });
    }

    /** What this thread handles. */
    static @Nullable Delivery current() {
        return HANDLED.get();
    }

    static void set(@Nullable Delivery delivery) {
        if (delivery == null) {
            HANDLED.remove();
        } else {
            HANDLED.set(delivery);
        }
    }

    private static ScopedSubscription.Scope open(Delivery delivery) {
        Delivery before = HANDLED.get();
        HANDLED.set(delivery);
        return () -> set(before);
    }

    private static <T> Event<T> caused(Event<T> event, Event<?> cause) {
        Event.Builder<T> caused = event.withPayload(event.payload()).causedBy(cause);
        String own = event.correlationId();
        return own == null ? caused.build() : caused.correlationId(own).build();
    }
}
