package io.penstock.bus;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A durable consumer: its name, the event types it takes and as which classes, its handler and its options. Immutable.
 *
 * @param name unique in the database and kept for good: what is owed to a consumer is stored under it
 * @param payloads event type patterns and the classes they become: {@code order.placed}, {@code order.*} for whatever
 *     starts with {@code order.}, {@code *} for all
 */
public record ConsumerSpec<T>(
        String name, Map<String, Class<? extends T>> payloads, Handler<T> handler, ConsumerOptions options) {

    public ConsumerSpec {
        payloads = Map.copyOf(payloads);
        requireName(name);
        payloads.keySet().forEach(pattern -> requirePattern(name, pattern));
        if (payloads.isEmpty()) {
            throw new InvalidConsumerException("Consumer '" + name + "' takes no event type");
        }
        if (isBatch(handler) && options.retry().maxAttempts() < 2) {
            throw new InvalidConsumerException("Consumer '" + name + "' handles batches and has "
                    + options.retry().maxAttempts() + " attempt: it needs at least 2, because the events of a failed"
                    + " batch are attempted again one by one");
        }
    }

    /** Starts the specification of the consumer with this name. */
    public static Named named(String name) {
        requireName(name);
        return new Named(name);
    }

    /** The event type patterns this consumer takes. */
    public Set<String> patterns() {
        return payloads.keySet();
    }

    /** The class that payloads of an event type become, by the longest pattern that matches; {@code null}: not taken. */
    public @Nullable Class<? extends T> payloadOf(String type) {
        Class<? extends T> exact = payloads.get(type);
        return exact != null ? exact : longestMatch(type);
    }

    /** Whether the handler takes several events at a time. */
    public boolean isBatch() {
        return isBatch(handler);
    }

    /** Whether the handler runs in the transaction that removes its events from the inbox. */
    public boolean isTransactional() {
        return handler instanceof Handler.TransactionalEach || handler instanceof Handler.TransactionalBatch;
    }

    /** The same consumer, each run of whose handler {@code around} carries out. */
    public ConsumerSpec<T> around(AroundHandler around) {
        return new ConsumerSpec<>(name, payloads, handler.around(around), options);
    }

    private static boolean isBatch(Handler<?> handler) {
        return handler instanceof Handler.Batch || handler instanceof Handler.TransactionalBatch;
    }

    private @Nullable Class<? extends T> longestMatch(String type) {
        String longest = null;
        for (String pattern : payloads.keySet()) {
            if (Syntax.matches(pattern, type) && (longest == null || pattern.length() > longest.length())) {
                longest = pattern;
            }
        }
        return longest == null ? null : payloads.get(longest);
    }

    private static void requireName(String name) {
        if (!Syntax.isConsumerName(name)) {
            throw new InvalidConsumerException(
                    "The consumer name '" + Text.shown(name) + "' is not made of " + Syntax.NAME_RULE);
        }
    }

    private static void requirePattern(String name, String pattern) {
        if (!Syntax.isPattern(pattern)) {
            throw new InvalidConsumerException("Consumer '" + name + "' takes '" + Text.shown(pattern)
                    + "', which is neither '*' nor an event type (" + Syntax.TYPE_RULE + ") nor one followed by '.*'");
        }
    }

    /** A named consumer that has yet to say which events it takes. */
    public static final class Named {

        private final String name;

        private Named(String name) {
            this.name = name;
        }

        /** Takes the event type that the payload's class names with {@link EventType}. */
        public <T> Builder<T> on(Class<T> payload) {
            return new Builder<T>(name).on(payload);
        }

        /** Takes the event types of a pattern, decoded into a class or into what is registered below that class. */
        public <T> Builder<T> on(String pattern, Class<T> payload) {
            return new Builder<T>(name).on(pattern, payload);
        }

        /** Takes the event types of the patterns, undecoded. */
        public Builder<RawJson> on(String... patterns) {
            Builder<RawJson> builder = new Builder<>(name);
            for (String pattern : patterns) {
                builder.on(pattern, RawJson.class);
            }
            return builder;
        }
    }

    /** Gathers a consumer's types and options; a method that takes the handler ends it. Not thread-safe. */
    public static final class Builder<T> {

        private final String name;
        private final Map<String, Class<? extends T>> payloads = new LinkedHashMap<>();
        private boolean ordered = ConsumerOptions.DEFAULTS.ordered();
        private int concurrency = ConsumerOptions.DEFAULTS.concurrency();
        private int prefetch = ConsumerOptions.DEFAULTS.prefetch();
        private int batchSize = ConsumerOptions.DEFAULTS.batchSize();
        private Duration timeout = ConsumerOptions.DEFAULTS.timeout();
        private RetryPolicy retry = ConsumerOptions.DEFAULTS.retry();
        private OnDead onDead = ConsumerOptions.DEFAULTS.onDead();
        private int partitions = ConsumerOptions.DEFAULTS.partitions();

        private Builder(String name) {
            this.name = name;
        }

        /** Takes the event types of one more pattern. */
        public Builder<T> on(String pattern, Class<? extends T> payload) {
            Class<? extends T> before = payloads.put(pattern, payload);
            if (before != null && before != payload) {
                throw new InvalidConsumerException("Consumer '" + name + "' takes '" + Text.shown(pattern)
                        + "' twice, as " + before.getName() + " and as " + payload.getName());
            }
            return this;
        }

        /** Takes one more annotated payload class. */
        public Builder<T> on(Class<? extends T> payload) {
            return on(eventTypeOf(payload), payload);
        }

        /** Handles events of one key one at a time, in the order they were published. */
        public Builder<T> ordered() {
            this.ordered = true;
            return this;
        }

        /** How many handlers may run at once on this node. */
        public Builder<T> concurrency(int handlers) {
            this.concurrency = handlers;
            return this;
        }

        /** How many deliveries may wait in memory besides those being handled. */
        public Builder<T> prefetch(int deliveries) {
            this.prefetch = deliveries;
            return this;
        }

        /** How many events a batch handler gets at once, at most. */
        public Builder<T> batchSize(int events) {
            this.batchSize = events;
            return this;
        }

        /** How long one run of the handler may take. */
        public Builder<T> timeout(Duration longest) {
            this.timeout = longest;
            return this;
        }

        public Builder<T> retry(RetryPolicy policy) {
            this.retry = policy;
            return this;
        }

        public Builder<T> onDead(OnDead policy) {
            this.onDead = policy;
            return this;
        }

        /** Into how many slices nodes share the inbox; fixed when the name is first registered. */
        public Builder<T> partitions(int slices) {
            this.partitions = slices;
            return this;
        }

        /** Handles one event at a time, outside any transaction. */
        public ConsumerSpec<T> handle(Function<Event<T>, Mono<Void>> handler) {
            return with(new Handler.Each<>(handler));
        }

        /** Handles several events at a time, outside any transaction. */
        public ConsumerSpec<T> handleBatch(Function<List<Event<T>>, Mono<Void>> handler) {
            return with(new Handler.Batch<>(handler));
        }

        /** Handles one event in the transaction that removes it from the inbox; {@code C} is what the bus offers. */
        public <C> ConsumerSpec<T> transactional(Class<C> transaction, BiFunction<Event<T>, C, Mono<Void>> handler) {
            return with(new Handler.TransactionalEach<>(transaction, handler));
        }

        /** Handles several events in the transaction that removes them from the inbox. */
        public <C> ConsumerSpec<T> transactionalBatch(
                Class<C> transaction, BiFunction<List<Event<T>>, C, Mono<Void>> handler) {
            return with(new Handler.TransactionalBatch<>(transaction, handler));
        }

        private String eventTypeOf(Class<?> payload) {
            return EventTypeName.of(
                            payload,
                            "on(pattern, class)",
                            problem -> new InvalidConsumerException("Consumer '" + name + "': " + problem))
                    .value();
        }

        private ConsumerSpec<T> with(Handler<T> handler) {
            return new ConsumerSpec<>(name, payloads, handler, options());
        }

        private ConsumerOptions options() {
            try {
                return new ConsumerOptions(
                        ordered, concurrency, prefetch, batchSize, timeout, retry, onDead, partitions);
            } catch (IllegalArgumentException e) {
                throw new InvalidConsumerException("Consumer '" + name + "': " + e.getMessage());
            }
        }
    }
}
