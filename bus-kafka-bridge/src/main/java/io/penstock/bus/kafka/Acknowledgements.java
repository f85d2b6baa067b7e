package io.penstock.bus.kafka;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Gathers the answers to records sent together, told by the producer's network thread and the sending one. */
final class Acknowledgements {

    private final int records;
    private final BitSet answered = new BitSet();
    private final Map<Integer, Throwable> errors = new HashMap<>();
    private final Sinks.Empty<Void> complete = Sinks.empty();
    private @Nullable Throwable lost;

    Acknowledgements(int records) {
        this.records = records;
        if (records == 0) {
            complete.tryEmitEmpty();
        }
    }

    /** Completes when every record has its answer. */
    Mono<Void> complete() {
        return complete.asMono();
    }

    /** The errors by the position of their record. */
    synchronized Map<Integer, Throwable> errors() {
        return Map.copyOf(errors);
    }

    /** An error that will meet the next record too; {@code null} while there is none. */
    synchronized @Nullable Throwable lost() {
        return lost;
    }

    /** The first answer of a record counts. */
    void ended(int position, @Nullable Throwable error) {
        if (error != null && KafkaErrors.meetsAll(error)) {
            lost(error);
        }
        notTried(position, error);
    }

    /** For a record that was not given to the producer; says nothing about others. */
    void notTried(int position, @Nullable Throwable error) {
        if (note(position, error)) {
            complete.tryEmitEmpty();
        }
    }

    /** Waits no more; what has no answer gets this one. */
    synchronized void abandon(Throwable error) {
        for (int i = answered.nextClearBit(0); i < records; i = answered.nextClearBit(i)) {
            note(i, error);
        }
    }

    private synchronized void lost(Throwable error) {
        lost = error;
    }

    private synchronized boolean note(int position, @Nullable Throwable error) {
        if (answered.get(position)) {
            return false;
        }
        answered.set(position);
        if (error != null) {
            errors.put(position, error);
        }
        return answered.cardinality() == records;
    }
}
