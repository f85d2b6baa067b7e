package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Payload;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A peer that runs in this JVM, in one of its configurations.
 *
 * @param guarantee what it promises, in one line
 * @param pool connections of its HikariCP; it has no others
 * @param handlesAtOnce whether it stores nothing without handling it
 * @param most events it is given to drain, so that a cell ends within about ten seconds
 * @param settings the ones that matter, by name
 */
record Library(
        String name,
        String guarantee,
        int pool,
        boolean handlesAtOnce,
        int most,
        Map<String, Object> settings,
        Opener opener) {

    Library {
        settings = Map.copyOf(settings);
    }

    /** Connects, creates tables, and begins to handle only if the library knows no other way. */
    @FunctionalInterface
    interface Opener {
        Peer open(PeerDatabase database, Consumer<Payload> handler, Use use);
    }

    /** What it is opened for. */
    enum Use {
        /** To store events only; where it can, it handles none. */
        PUBLISH,
        /** To handle what {@link Peer#fill} stored, once told to. */
        DRAIN,
        /** To publish and handle at once. */
        BOTH
    }
}
