package io.penstock.bus.spring;

import io.micrometer.context.ThreadLocalAccessor;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** Restores a handler's logging context wherever Reactor's context is propagated to thread-locals. */
final class LoggingContextAccessor implements ThreadLocalAccessor<Map<String, String>> {

    @Override
    public Object key() {
        return LoggingContext.KEY;
    }

    @Override
    public @Nullable Map<String, String> getValue() {
        return MDC.get(LoggingContext.CONSUMER) == null ? null : MDC.getCopyOfContextMap();
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
