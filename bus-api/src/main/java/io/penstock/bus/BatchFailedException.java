package io.penstock.bus;

import java.util.Map;
import java.util.UUID;

/**
 * Thrown by a batch handler that knows which events of the batch failed, and why. Each of them is judged as if it had
 * been alone; the others are done. In a transaction nothing is committed, and the others come again without having used
 * an attempt.
 *
 * <p>For an ordered consumer, events behind a failed one of their key that were therefore not handled are named as well:
 * they wait for it and use no attempt.
 */
public class BatchFailedException extends PenstockException {

    private final transient Map<UUID, Throwable> failures;

    /** @param failures by event id, at least one; ids that are not in the batch are ignored */
    public BatchFailedException(Map<UUID, ? extends Throwable> failures) {
        super(failures.size() + " events of the batch failed", first(failures));
        this.failures = Map.copyOf(failures);
    }

    /** Why each event failed, by its id. */
    public Map<UUID, Throwable> failures() {
        return failures;
    }

    private static Throwable first(Map<UUID, ? extends Throwable> failures) {
        if (failures.isEmpty()) {
            throw new IllegalArgumentException("failures is empty, it has to name at least one event of the batch");
        }
        return failures.values().iterator().next();
    }
}
