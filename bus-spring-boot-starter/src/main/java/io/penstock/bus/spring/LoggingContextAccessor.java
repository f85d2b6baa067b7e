package io.penstock.bus.spring;

import io.micrometer.context.ThreadLocalAccessor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Restores a handler's logging context wherever Reactor's context is propagated to thread-locals. */
final class LoggingContextAccessor implements ThreadLocalAccessor<Map<String, String>> {

    @Override
    public Object key() {
        return LoggingContext.KEY;
    }

    @Override
    public @Nullable Map<String, String> getValue() {
        Map<String, String> current = LoggingContext.current();
        return current.isEmpty() ? null : current;
    }

    @Override
    public void setValue(Map<String, String> value) {
        LoggingContext.set(value);
    }

    @Override
    public void setValue() {
        LoggingContext.clear();
    }
}
