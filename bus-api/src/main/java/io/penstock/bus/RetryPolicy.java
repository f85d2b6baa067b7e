package io.penstock.bus;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What follows a failed attempt: exponential backoff with jitter and a cap. A pure value.
 *
 * <p>The n-th retry waits {@code initialDelay × multiplier^(n-1)}, at most {@code maxDelay}, and then up to
 * {@code jitter} of it less, so that retries of one outage do not come back as one wave.
 *
 * @param maxAttempts runs of the handler in all, from 1; default 10
 * @param initialDelay before the second attempt; default 1 s
 * @param multiplier from 1; default 2
 * @param maxDelay the cap; default 10 min
 * @param jitter the share of the delay that is random, 0 to 1; default 0.2
 * @param neverRetry exceptions, also as causes, that make the delivery a dead letter at once
 */
public record RetryPolicy(
        int maxAttempts,
        Duration initialDelay,
        double multiplier,
        Duration maxDelay,
        double jitter,
        Set<Class<? extends Throwable>> neverRetry) {

    public static final RetryPolicy DEFAULTS =
            new RetryPolicy(10, Duration.ofSeconds(1), 2.0, Duration.ofMinutes(10), 0.2, Set.of());

    private static final int DEEPEST_CAUSE = 16;

    public RetryPolicy {
        neverRetry = Set.copyOf(neverRetry);
        require(maxAttempts >= 1, "maxAttempts", maxAttempts, "from 1");
        require(!initialDelay.isNegative(), "initialDelay", initialDelay, "from PT0S");
        require(multiplier >= 1 && multiplier <= 1_000, "multiplier", multiplier, "1 to 1000");
        require(maxDelay.compareTo(initialDelay) >= 0, "maxDelay", maxDelay, "from the initialDelay " + initialDelay);
        require(maxDelay.compareTo(Duration.ofDays(365)) <= 0, "maxDelay", maxDelay, "up to 365 days");
        require(jitter >= 0 && jitter <= 1, "jitter", jitter, "0 to 1");
    }

    /** The default policy with another number of attempts. */
    public static RetryPolicy attempts(int maxAttempts) {
        return DEFAULTS.withMaxAttempts(maxAttempts);
    }

    public RetryPolicy withMaxAttempts(int attempts) {
        return new RetryPolicy(attempts, initialDelay, multiplier, maxDelay, jitter, neverRetry);
    }

    /** The same policy with delays from {@code initial}, multiplied as before, up to {@code cap}. */
    public RetryPolicy withBackoff(Duration initial, Duration cap) {
        return new RetryPolicy(maxAttempts, initial, multiplier, cap, jitter, neverRetry);
    }

    public RetryPolicy withMultiplier(double factor) {
        return new RetryPolicy(maxAttempts, initialDelay, factor, maxDelay, jitter, neverRetry);
    }

    public RetryPolicy withJitter(double share) {
        return new RetryPolicy(maxAttempts, initialDelay, multiplier, maxDelay, share, neverRetry);
    }

    /** The same policy, for which this kind of exception is final. */
    public RetryPolicy withNeverRetry(Class<? extends Throwable> kind) {
        Set<Class<? extends Throwable>> more = new LinkedHashSet<>(neverRetry);
        more.add(kind);
        return new RetryPolicy(maxAttempts, initialDelay, multiplier, maxDelay, jitter, more);
    }

    /**
     * {@link Outcome.Retry}, {@link Outcome.Dead}, or {@link Outcome.Released} after a {@link PostponeException}.
     *
     * @param attempt the attempt that failed, from 1
     * @param random from 0 (no jitter taken off) up to 1
     */
    public Outcome afterFailure(int attempt, Throwable cause, double random) {
        PostponeException postponed = find(PostponeException.class, cause);
        if (postponed != null) {
            return new Outcome.Released(String.valueOf(postponed.getMessage()), postponed.delay());
        }
        if (attempt >= maxAttempts || isFinal(cause)) {
            return new Outcome.Dead(cause);
        }
        RetryAtException named = find(RetryAtException.class, cause);
        return new Outcome.Retry(delay(attempt, random), named == null ? null : Timestamps.storable(named.at()), cause);
    }

    /** The wait after the given failed attempt, from 1. */
    public Duration delay(int attempt, double random) {
        double uncapped = initialDelay.toNanos() * Math.pow(multiplier, attempt - 1.0);
        double jittered = Math.min(uncapped, (double) maxDelay.toNanos()) * (1 - jitter * random);
        // Beyond 2^53 ns, 104 days, a double may round up.
        return Duration.ofNanos(Math.min((long) jittered, maxDelay.toNanos()));
    }

    private boolean isFinal(Throwable cause) {
        return find(NeverRetryException.class, cause) != null
                || neverRetry.stream().anyMatch(kind -> find(kind, cause) != null);
    }

    private static <X extends Throwable> @Nullable X find(Class<X> kind, Throwable thrown) {
        Throwable at = thrown;
        for (int depth = 0; at != null && depth < DEEPEST_CAUSE; depth++, at = causeOf(at)) {
            if (kind.isInstance(at)) {
                return kind.cast(at);
            }
        }
        return null;
    }

    /** The application's exceptions may throw anything when asked. */
    private static @Nullable Throwable causeOf(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable hostile) {
            return null;
        }
    }

    private static void require(boolean allowed, String name, Object value, String range) {
        if (!allowed) {
            throw new IllegalArgumentException(name + " is " + value + ", allowed is " + range);
        }
    }
}
