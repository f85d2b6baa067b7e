package io.penstock.crash;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What publishers did, as they saw it: each publish is invoked, and ends as ok, fail or unknown; one whose publisher died
 * stays open, which is unknown too. Times are places in one list, so that "before" is certain. Thread-safe.
 */
final class History {

    private final Map<UUID, Publish> publishes = new LinkedHashMap<>();
    private long now;

    synchronized void invoke(UUID id, String key) {
        // Published again after an unknown outcome: it is still the first invocation that counts.
        publishes.putIfAbsent(id, new Publish(id, key, now++, Long.MAX_VALUE, Outcome.UNKNOWN));
    }

    synchronized void end(UUID id, Outcome outcome) {
        long at = now++;
        publishes.computeIfPresent(id, (same, publish) -> publish.endedAs(outcome, at));
    }

    synchronized List<Publish> publishes() {
        return new ArrayList<>(publishes.values());
    }

    synchronized long count(Outcome outcome) {
        return publishes.values().stream()
                .filter(publish -> publish.outcome() == outcome)
                .count();
    }

    /** Takes up what a node that publishes tells. */
    void read(String line) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "invoke" -> invoke(UUID.fromString(words[1]), words[2]);
            case "ok" -> end(UUID.fromString(words[1]), Outcome.OK);
            case "fail" -> end(UUID.fromString(words[1]), Outcome.FAIL);
            case "unknown" -> end(UUID.fromString(words[1]), Outcome.UNKNOWN);
            default -> {
                // Not about publishing.
            }
        }
    }

    /** How a publish ended for its caller. */
    enum Outcome {
        OK,
        FAIL,
        UNKNOWN
    }

    /**
     * One event on its way into the outbox.
     *
     * @param endedAt when it was acknowledged; never, for one that is not known to be stored
     */
    record Publish(UUID id, String key, long invokedAt, long endedAt, Outcome outcome) {

        Publish endedAs(Outcome end, long at) {
            return new Publish(id, key, invokedAt, end == Outcome.OK ? at : Long.MAX_VALUE, end);
        }

        boolean isBefore(Publish other) {
            return endedAt < other.invokedAt;
        }
    }
}
