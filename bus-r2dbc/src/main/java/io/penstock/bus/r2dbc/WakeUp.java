package io.penstock.bus.r2dbc;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/**
 * Tells dispatchers, here and on other nodes, that something was committed. A hint and never the truth: losing every
 * one of them costs latency only, because the poll finds the rows.
 */
final class WakeUp {

    private final Map<Integer, Here> here = new ConcurrentHashMap<>();
    private final Broadcast broadcast;

    WakeUp(Broadcast broadcast) {
        this.broadcast = broadcast;
    }

    /**
     * From now on the hints for this consumer go to its dispatcher here.
     *
     * @param isWhole whether all of its partitions are this node's, so that no other node needs to be told
     */
    void add(int consumerId, Consumer<Hint> dispatcher, BooleanSupplier isWhole) {
        here.put(consumerId, new Here(dispatcher, isWhole));
    }

    void remove(int consumerId) {
        here.remove(consumerId);
    }

    /** Tells whoever may own the rows, on whatever node. Called after the commit only. */
    void committed(List<Hint> hints) {
        here(hints);
        hints.stream().filter(this::concernsOthers).forEach(broadcast::offer);
    }

    /** Tells this node only: of rows that are its own, or of what another node has told. */
    void here(List<Hint> hints) {
        hints.forEach(this::pass);
    }

    /** Makes this node look for whatever it may have missed. */
    void lookHere() {
        here(here.keySet().stream().map(Hint::everything).toList());
    }

    /** Sends what has gathered for other nodes; from then on they are told nothing. */
    Mono<Void> close() {
        return broadcast.close();
    }

    private void pass(Hint hint) {
        Here known = here.get(hint.consumerId());
        if (known != null) {
            known.dispatcher().accept(hint);
        }
    }

    private boolean concernsOthers(Hint hint) {
        Here known = here.get(hint.consumerId());
        return known == null || !known.isWhole().getAsBoolean();
    }

    private record Here(Consumer<Hint> dispatcher, BooleanSupplier isWhole) {}
}
