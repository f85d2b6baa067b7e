package io.penstock.bus.kafka;

import io.penstock.bus.OnDead;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a relay takes and how it sends. Immutable.
 *
 * @param name the consumer's name on the bus, kept for good: what the relay owes is stored under it
 * @param patterns the event types it takes: {@code order.placed}, {@code order.*}, {@code *}
 * @param producer settings of the Kafka producer, {@code bootstrap.servers} at least; {@code acks}, idempotence,
 *     serializers and timeouts are the relay's own
 * @param routing topic, key and headers of an event; default {@link Routing#byAggregate()}
 * @param format default {@link RecordFormat#CLOUD_EVENTS}
 * @param batchSize events sent together, 1 to 10,000; default 500
 * @param concurrency batches under way at once, 1 to 64; default 4
 * @param deliveryTimeout how long Kafka may take to acknowledge a record, 1 s to 5 min; default 20 s
 * @param firstPause how long a topic that took nothing is left alone, 10 ms to 1 h; default 1 s, doubled after each failure
 * @param longestPause up to this, up to 1 h; default 30 s
 * @param retry what follows a refusal by Kafka; default {@link RetryPolicy#DEFAULTS}
 * @param onDead what follows when the attempts are used up; default {@link OnDead#PARK_KEY}
 * @param partitions slices of the relay's inbox that nodes share, 1 to 1,024, fixed at first registration; default 32
 * @param backToOrigin whether an event that came from a topic may be sent to that same topic; default false
 * @param lagInterval how often the listener is told of the lag, 100 ms to 1 day; default 10 s
 * @param listener default {@link LoggingKafkaBridgeListener}
 */
public record RelayOptions(
        String name,
        Set<String> patterns,
        Map<String, Object> producer,
        Routing routing,
        RecordFormat format,
        int batchSize,
        int concurrency,
        Duration deliveryTimeout,
        Duration firstPause,
        Duration longestPause,
        RetryPolicy retry,
        OnDead onDead,
        int partitions,
        boolean backToOrigin,
        Duration lagInterval,
        KafkaBridgeListener listener) {

    public RelayOptions {
        patterns = Set.copyOf(patterns);
        producer = Map.copyOf(producer);
        Checks.between("batchSize", batchSize, 1, 10_000);
        Checks.between("concurrency", concurrency, 1, 64);
        Checks.between("deliveryTimeout", deliveryTimeout, Duration.ofSeconds(1), Duration.ofMinutes(5));
        Checks.between("firstPause", firstPause, Duration.ofMillis(10), Duration.ofHours(1));
        Checks.between("longestPause", longestPause, firstPause, Duration.ofHours(1));
        Checks.between("lagInterval", lagInterval, Duration.ofMillis(100), Duration.ofDays(1));
        ProducerSettings.check(producer);
    }

    /** Starts the options of the relay with this name, for one or more event type patterns. */
    public static Builder builder(String name, String... patterns) {
        return new Builder(name, List.of(patterns));
    }

    /**
     * The handler's, which nothing of an outage may reach, or it would use an attempt: the pause, the time in which waves
     * begin, the last wave's own, and half a delivery for each batch that may stand in line while one waits for room in
     * the producer's buffer.
     */
    Duration batchTimeout() {
        Duration inLine = deliveryTimeout.multipliedBy(concurrency).dividedBy(2);
        return longestPause.plus(deliveryTimeout.multipliedBy(4)).plus(inLine).plusSeconds(5);
    }

    /** Gathers options, from the defaults on. Not thread-safe. */
    public static final class Builder {

        private final String name;
        private final Set<String> patterns;
        private final Map<String, Object> producer = new LinkedHashMap<>();
        private Routing routing = Routing.byAggregate();
        private RecordFormat format = RecordFormat.CLOUD_EVENTS;
        private int batchSize = 500;
        private int concurrency = 4;
        private Duration deliveryTimeout = Duration.ofSeconds(20);
        private Duration firstPause = Duration.ofSeconds(1);
        private Duration longestPause = Duration.ofSeconds(30);
        private RetryPolicy retry = RetryPolicy.DEFAULTS;
        private OnDead onDead = OnDead.PARK_KEY;
        private int partitions = 32;
        private boolean backToOrigin;
        private Duration lagInterval = Duration.ofSeconds(10);
        private KafkaBridgeListener listener = new LoggingKafkaBridgeListener();

        private Builder(String name, List<String> patterns) {
            this.name = name;
            this.patterns = new LinkedHashSet<>(patterns);
        }

        public Builder bootstrapServers(String servers) {
            return producer("bootstrap.servers", servers);
        }

        /** A setting of the Kafka producer, such as {@code compression.type} or what security asks for. */
        public Builder producer(String setting, Object value) {
            this.producer.put(setting, value);
            return this;
        }

        public Builder routing(Routing function) {
            this.routing = function;
            return this;
        }

        public Builder format(RecordFormat recordFormat) {
            this.format = recordFormat;
            return this;
        }

        public Builder batchSize(int events) {
            this.batchSize = events;
            return this;
        }

        public Builder concurrency(int batches) {
            this.concurrency = batches;
            return this;
        }

        public Builder deliveryTimeout(Duration longest) {
            this.deliveryTimeout = longest;
            return this;
        }

        /** How long a topic that took nothing is left alone at first, and at most. */
        public Builder pauses(Duration first, Duration longest) {
            this.firstPause = first;
            this.longestPause = longest;
            return this;
        }

        public Builder retry(RetryPolicy policy) {
            this.retry = policy;
            return this;
        }

        public Builder onDead(OnDead policy) {
            this.onDead = policy;
            return this;
        }

        public Builder partitions(int slices) {
            this.partitions = slices;
            return this;
        }

        /** Allows that events go back to the topic they came from. Whoever allows it breaks the loop elsewhere. */
        public Builder backToOrigin() {
            this.backToOrigin = true;
            return this;
        }

        public Builder lagInterval(Duration interval) {
            this.lagInterval = interval;
            return this;
        }

        public Builder listener(KafkaBridgeListener bridgeListener) {
            this.listener = bridgeListener;
            return this;
        }

        public RelayOptions build() {
            return new RelayOptions(
                    name,
                    patterns,
                    producer,
                    routing,
                    format,
                    batchSize,
                    concurrency,
                    deliveryTimeout,
                    firstPause,
                    longestPause,
                    retry,
                    onDead,
                    partitions,
                    backToOrigin,
                    lagInterval,
                    listener);
        }
    }
}
