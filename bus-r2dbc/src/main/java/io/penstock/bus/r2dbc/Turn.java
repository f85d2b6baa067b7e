package io.penstock.bus.r2dbc;

import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A batch of a stream in a transaction of its own: the next batch is inserted when the rows of this one are, and
 * committed, or written again, when this one is. Thread-safe.
 */
final class Turn {

    /** Over from the beginning. */
    static final Turn NONE = new Turn();

    static {
        NONE.end();
    }

    private final Sinks.Empty<Void> inserted = Sinks.empty();
    private final Sinks.Empty<Void> decided = Sinks.empty();
    private final Sinks.Empty<Void> over = Sinks.empty();
    private volatile boolean isInserted;
    private volatile boolean isUndone;
    private volatile boolean isOver;

    /** Its rows have their positions, and are not committed yet. */
    void letInsert() {
        isInserted = true;
        inserted.tryEmitEmpty();
    }

    /** It is not known to be committed. If its rows had their positions, the next batch may have some behind them. */
    void undo() {
        if (isInserted) {
            isUndone = true;
            decided.tryEmitEmpty();
        }
    }

    void end() {
        isOver = true;
        decided.tryEmitEmpty();
        over.tryEmitEmpty();
    }

    boolean isUndone() {
        return isUndone;
    }

    /** Whether all that is to be written of it has been. */
    boolean isOver() {
        return isOver;
    }

    Mono<Void> whenInserted() {
        return inserted.asMono();
    }

    /** Whether what the next batch has inserted may be committed. */
    Mono<Void> whenDecided() {
        return decided.asMono();
    }

    Mono<Void> whenOver() {
        return over.asMono();
    }
}
