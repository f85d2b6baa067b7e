package io.penstock.crash;

import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * What the database holds at one moment.
 *
 * @param effects in the order in which they were written
 * @param stored the events of the outbox
 * @param leaks connections that should not be there, or not be in a transaction
 */
record Observed(List<Effect> effects, List<Owed> owed, Set<UUID> stored, List<String> leaks) {

    /** A row of the ledger: a handler's write. */
    record Effect(String consumer, UUID event, String key, String node) {}

    /** A row of the inbox. */
    record Owed(String consumer, UUID event, int state) {

        private static final int DEAD = 3;

        boolean isDead() {
            return state == DEAD;
        }
    }
}
