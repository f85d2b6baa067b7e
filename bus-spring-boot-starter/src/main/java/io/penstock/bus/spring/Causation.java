package io.penstock.bus.spring;

import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import reactor.util.context.ContextView;

/** Makes what a handler publishes a consequence of the event it handles, unless the handler says otherwise. */
final class Causation {

    private Causation() {}

    static Event<?> of(Event<?> event, ContextView context) {
        Delivery delivery = context.getOrDefault(Delivery.CONTEXT_KEY, null);
        return delivery == null || event.causationId() != null ? event : caused(event, delivery.event());
    }

    private static <T> Event<T> caused(Event<T> event, Event<?> cause) {
        Event.Builder<T> caused = event.withPayload(event.payload()).causedBy(cause);
        String own = event.correlationId();
        return own == null ? caused.build() : caused.correlationId(own).build();
    }
}
