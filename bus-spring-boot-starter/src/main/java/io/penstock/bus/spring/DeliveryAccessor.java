package io.penstock.bus.spring;

import io.micrometer.context.ThreadLocalAccessor;
import io.penstock.bus.Delivery;
import org.jspecify.annotations.Nullable;

/** Lets what a blocking handler publishes on other threads be caused by its event, if Reactor's context is propagated. */
final class DeliveryAccessor implements ThreadLocalAccessor<Delivery> {

    @Override
    public Object key() {
        return Delivery.CONTEXT_KEY;
    }

    @Override
    public @Nullable Delivery getValue() {
        return Causation.current();
    }

    @Override
    public void setValue(Delivery delivery) {
        Causation.set(delivery);
    }

    @Override
    public void setValue() {
        Causation.set(null);
    }
}
