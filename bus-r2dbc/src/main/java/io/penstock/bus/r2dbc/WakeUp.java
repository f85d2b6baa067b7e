package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Tells dispatchers that something was committed. A hint and never the truth: losing every one of them costs latency
 * only, because the poll finds the rows.
 */
final class WakeUp {

    private final Map<Integer, Consumer<Hint>> listening = new ConcurrentHashMap<>();

    /** From now on the hints for this consumer go to its dispatcher here. */
    void add(int consumerId, Consumer<Hint> dispatcher) {
        listening.put(consumerId, dispatcher);
    }

    void remove(int consumerId) {
        listening.remove(consumerId);
    }

    /** Called after the commit only. */
    void committed(List<Hint> hints) {
        hints.forEach(this::pass);
    }

    private void pass(Hint hint) {
        Consumer<Hint> dispatcher = listening.get(hint.consumerId());
        if (dispatcher != null) {
            dispatcher.accept(hint);
        }
    }
}
