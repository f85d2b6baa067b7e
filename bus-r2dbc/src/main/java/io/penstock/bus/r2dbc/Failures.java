package io.penstock.bus.r2dbc;

import io.penstock.bus.BatchFailedException;
import io.penstock.bus.Outcome;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What follows for each row of a unit whose run failed. Decides, and writes nothing. */
final class Failures {

    static final Outcome BEHIND = new Outcome.Released("an earlier event of its key failed", Duration.ZERO);
    private static final Outcome NOT_NAMED = new Outcome.Released("another event of its batch failed", Duration.ZERO);

    private final Registered consumer;
    private final RetryPolicy retry;

    Failures(Registered consumer) {
        this.consumer = consumer;
        this.retry = consumer.options().retry();
    }

    /** A pause before something that was no attempt. */
    Duration pause() {
        return retry.delay(1, random());
    }

    List<Ended> of(DeliveryUnit<?> unit, Throwable error) {
        if (!unit.isAttempted() || isConflict(error)) {
            Outcome released = new Outcome.Released(String.valueOf(error.getMessage()), pause());
            return unit.end(row -> Ended.notAttempted(row, released));
        }
        Map<UUID, Throwable> named = named(unit, error);
        return named.isEmpty() ? ofAll(unit, error) : ofNamed(unit, named);
    }

    /** The transaction is rolled back, and the fault is that of two which met: the next run may well succeed. */
    private boolean isConflict(Throwable error) {
        return consumer.spec().isTransactional() && DatabaseErrors.isConflict(error);
    }

    private Map<UUID, Throwable> named(DeliveryUnit<?> unit, Throwable error) {
        boolean isNamed = consumer.spec().isBatch()
                && error instanceof BatchFailedException batch
                && unit.rows().stream()
                        .anyMatch(
                                row -> batch.failures().containsKey(row.event().id()));
        return isNamed ? ((BatchFailedException) error).failures() : Map.of();
    }

    private List<Ended> ofAll(DeliveryUnit<?> unit, Throwable error) {
        boolean alone = unit.rows().size() == 1;
        Set<Long> keys = new HashSet<>();
        return unit.end(row -> consumer.isOrdered() && !keys.add(row.keyHash())
                ? Ended.notAttempted(row, BEHIND)
                : ended(unit, row, alone ? alone(row, error) : inBatch(row, error)));
    }

    private List<Ended> ofNamed(DeliveryUnit<?> unit, Map<UUID, Throwable> failures) {
        Set<Long> failedKeys = new HashSet<>();
        return unit.end(row -> {
            Throwable failure = failures.get(row.event().id());
            boolean isBehind = consumer.isOrdered() && failedKeys.contains(row.keyHash());
            if (failure != null) {
                failedKeys.add(row.keyHash());
            }
            return ofNamed(unit, row, failure, isBehind);
        });
    }

    private Ended ofNamed(DeliveryUnit<?> unit, Claimed row, @Nullable Throwable failure, boolean isBehind) {
        if (failure == null) {
            return consumer.spec().isTransactional()
                    ? Ended.notAttempted(row, NOT_NAMED)
                    : Ended.attempted(row, Outcome.COMPLETED, unit.nanos());
        }
        return isBehind ? Ended.notAttempted(row, BEHIND) : ended(unit, row, alone(row, failure));
    }

    private static Ended ended(DeliveryUnit<?> unit, Claimed row, Outcome outcome) {
        return outcome instanceof Outcome.Released
                ? Ended.notAttempted(row, outcome)
                : Ended.attempted(row, outcome, unit.nanos());
    }

    private Outcome alone(Claimed row, Throwable error) {
        return retry.afterFailure(row.attempt(), error, random());
    }

    /** Nobody knows which event of a batch was at fault: each is attempted again, by itself. */
    private Outcome inBatch(Claimed row, Throwable error) {
        Outcome outcome = retry.afterFailure(1, error, random());
        return outcome instanceof Outcome.Released
                ? outcome
                : new Outcome.Retry(retry.delay(row.attempt(), random()), null, error);
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
