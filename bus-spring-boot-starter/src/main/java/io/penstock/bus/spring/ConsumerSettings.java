package io.penstock.bus.spring;

import io.penstock.bus.ConsumerOptions;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.RetryPolicy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets the properties of a consumer win over what its code says. */
final class ConsumerSettings {

    private final Map<String, PenstockProperties.Consumer> byName;

    ConsumerSettings(Map<String, PenstockProperties.Consumer> byName) {
        this.byName = byName;
    }

    Set<String> names() {
        return byName.keySet();
    }

    boolean isEnabled(String consumer) {
        PenstockProperties.Consumer set = byName.get(consumer);
        return set == null || set.enabled();
    }

    /** A relay has options of its own: a shorter timeout, say, would make attempts of outages. */
    void requireUntuned(String relay) {
        PenstockProperties.Consumer set = byName.get(relay);
        if (set != null) {
            tuned(set).forEach((name, value) -> {
                throw PropertyRefusedException.of("penstock.consumers." + relay + ".", ofRelay(name, value));
            });
        }
    }

    private static IllegalArgumentException ofRelay(String name, Object value) {
        return new IllegalArgumentException(
                name + " is " + value + ", of a relay only enabled is allowed: set it in its RelayOptions");
    }

    private static Map<String, Object> tuned(PenstockProperties.Consumer set) {
        Map<String, Object> tuned = new LinkedHashMap<>();
        addIfSet(tuned, "concurrency", set.concurrency());
        addIfSet(tuned, "prefetch", set.prefetch());
        addIfSet(tuned, "batchSize", set.batchSize());
        addIfSet(tuned, "timeout", set.timeout());
        addIfSet(tuned, "onDead", set.onDead());
        addIfSet(tuned, "retry.maxAttempts", set.retry().maxAttempts());
        addIfSet(tuned, "retry.initialDelay", set.retry().initialDelay());
        addIfSet(tuned, "retry.multiplier", set.retry().multiplier());
        addIfSet(tuned, "retry.maxDelay", set.retry().maxDelay());
        addIfSet(tuned, "retry.jitter", set.retry().jitter());
        return tuned;
    }

    private static void addIfSet(Map<String, Object> tuned, String name, @Nullable Object value) {
        if (value != null) {
            tuned.put(name, value);
        }
    }

    <T> ConsumerSpec<T> apply(ConsumerSpec<T> spec) {
        PenstockProperties.Consumer set = byName.get(spec.name());
        return set == null
                ? spec
                : new ConsumerSpec<>(spec.name(), spec.payloads(), spec.handler(), options(spec, set));
    }

    private static ConsumerOptions options(ConsumerSpec<?> spec, PenstockProperties.Consumer set) {
        String prefix = "penstock.consumers." + spec.name() + ".";
        ConsumerOptions code = spec.options();
        RetryPolicy retry = retry(prefix, code.retry(), set.retry());
        try {
            return new ConsumerOptions(
                    code.ordered(),
                    or(set.concurrency(), code.concurrency()),
                    or(set.prefetch(), code.prefetch()),
                    or(set.batchSize(), code.batchSize()),
                    or(set.timeout(), code.timeout()),
                    retry,
                    or(set.onDead(), code.onDead()),
                    code.partitions());
        } catch (IllegalArgumentException refusal) {
            throw PropertyRefusedException.of(prefix, refusal);
        }
    }

    private static RetryPolicy retry(String prefix, RetryPolicy code, PenstockProperties.Retry set) {
        try {
            return new RetryPolicy(
                    or(set.maxAttempts(), code.maxAttempts()),
                    or(set.initialDelay(), code.initialDelay()),
                    or(set.multiplier(), code.multiplier()),
                    or(set.maxDelay(), code.maxDelay()),
                    or(set.jitter(), code.jitter()),
                    code.neverRetry());
        } catch (IllegalArgumentException refusal) {
            throw PropertyRefusedException.of(prefix + "retry.", refusal);
        }
    }

    private static <V> V or(@Nullable V set, V code) {
        return set != null ? set : code;
    }
}
