package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells dispatchers that something was committed. A hint and never the truth: losing every one of them costs latency
 * only, because the poll finds the rows.
 */
final class WakeUp {

    private final Map<Integer, Dispatcher> dispatchers = new ConcurrentHashMap<>();

    void add(Dispatcher dispatcher) {
        dispatchers.put(dispatcher.consumerId(), dispatcher);
    }

    void remove(Dispatcher dispatcher) {
        dispatchers.remove(dispatcher.consumerId(), dispatcher);
    }

    /** Called after the commit only. */
    void committed(List<Hint> hints) {
        hints.forEach(this::pass);
    }

    private void pass(Hint hint) {
        Dispatcher dispatcher = dispatchers.get(hint.consumerId());
        if (dispatcher != null) {
            dispatcher.wake(hint);
        }
    }
}
