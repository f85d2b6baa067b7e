package io.penstock.bus.kafka;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What an ingress reads and what becomes of it. Immutable.
 *
 * @param name a letter, then letters, digits, '_' and '-', at most 80 characters; also the group's name unless {@code
 *     group.id} is set
 * @param topics the topics it reads
 * @param consumer settings of the Kafka consumer, {@code bootstrap.servers} at least; deserializers and {@code
 *     enable.auto.commit} are the ingress's own. Defaults that differ from Kafka's: {@code auto.offset.reset=earliest},
 *     {@code isolation.level=read_committed}
 * @param named types as records name them, and the event types they become
 * @param taken patterns of types taken under the name they have: {@code order.placed}, {@code order.*}, {@code *}
 * @param byTopic the event types of records that name none, by topic
 * @param ignored patterns of types that are passed over, which the listener is told of
 * @param typeHeader the header that names the type of records that are no CloudEvents; default {@code eventType}
 * @param idHeader the header that has their id; default {@code id}
 * @param headers which headers of a record become headers of the event; default all
 * @param unreadable where records go that cannot become events; default {@link UnreadableRecords#parked()}
 * @param ignoreTombstones whether records without a value are passed over; default false: they are unreadable
 * @param batchSize records of one poll, which are stored together, 1 to 10,000; default 2,000
 * @param keepAlive how often Kafka hears of this member while the database is at work, 10 ms to 1 min; default 500 ms
 * @param firstPause how long a failed step is left alone, 10 ms to 1 h; default 200 ms, doubled after each failure
 * @param longestPause up to this, up to 1 h; default 10 s
 * @param listener default {@link LoggingKafkaBridgeListener}
 */
public record IngressOptions(
        String name,
        Set<String> topics,
        Map<String, Object> consumer,
        Map<String, String> named,
        Set<String> taken,
        Map<String, String> byTopic,
        Set<String> ignored,
        String typeHeader,
        String idHeader,
        Predicate<String> headers,
        UnreadableRecords unreadable,
        boolean ignoreTombstones,
        int batchSize,
        Duration keepAlive,
        Duration firstPause,
        Duration longestPause,
        KafkaBridgeListener listener) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,79}");

    public IngressOptions {
        topics = Set.copyOf(topics);
        consumer = Map.copyOf(consumer);
        named = Map.copyOf(named);
        taken = Set.copyOf(taken);
        byTopic = Map.copyOf(byTopic);
        ignored = Set.copyOf(ignored);
        Checks.holds(
                NAME.matcher(name).matches(),
                "name",
                name,
                "a letter, then letters, digits, '_' and '-', at most 80 characters");
        Checks.holds(!topics.isEmpty(), "topics", topics, "at least one");
        topics.forEach(topic -> Checks.topic("topics", topic));
        if (unreadable instanceof UnreadableRecords.ToTopic to) {
            Checks.topic("unreadable", to.topic());
        }
        Checks.holds(
                !(named.isEmpty() && taken.isEmpty() && byTopic.isEmpty()),
                "types",
                "",
                "at least one: type(...), types(...) or topicType(...)");
        Checks.holds(
                topics.containsAll(byTopic.keySet()),
                "topicType",
                byTopic.keySet(),
                "for topics that are read: " + topics);
        Checks.holds(
                !(unreadable instanceof UnreadableRecords.ToTopic to && topics.contains(to.topic())),
                "unreadable",
                unreadable,
                "a topic that is not read");
        Checks.between("batchSize", batchSize, 1, 10_000);
        Checks.between("keepAlive", keepAlive, Duration.ofMillis(10), Duration.ofMinutes(1));
        Checks.between("firstPause", firstPause, Duration.ofMillis(10), Duration.ofHours(1));
        Checks.between("longestPause", longestPause, firstPause, Duration.ofHours(1));
        ConsumerSettings.check(consumer);
    }

    /** Starts the options of the ingress with this name, for one or more topics. */
    public static Builder builder(String name, String... topics) {
        return new Builder(name, List.of(topics));
    }

    /** Gathers options, from the defaults on. Not thread-safe. */
    public static final class Builder {

        private final String name;
        private final Set<String> topics;
        private final Map<String, Object> consumer = new LinkedHashMap<>();
        private final Map<String, String> named = new LinkedHashMap<>();
        private final Set<String> taken = new LinkedHashSet<>();
        private final Map<String, String> byTopic = new LinkedHashMap<>();
        private final Set<String> ignored = new LinkedHashSet<>();
        private String typeHeader = Debezium.TYPE;
        private String idHeader = Debezium.ID;
        private Predicate<String> headers = header -> true;
        private UnreadableRecords unreadable = UnreadableRecords.parked();
        private boolean ignoreTombstones;
        private int batchSize = 2_000;
        private Duration keepAlive = Duration.ofMillis(500);
        private Duration firstPause = Duration.ofMillis(200);
        private Duration longestPause = Duration.ofSeconds(10);
        private KafkaBridgeListener listener = new LoggingKafkaBridgeListener();

        private Builder(String name, List<String> topics) {
            this.name = name;
            this.topics = new LinkedHashSet<>(topics);
        }

        public Builder bootstrapServers(String servers) {
            return consumer("bootstrap.servers", servers);
        }

        /** A setting of the Kafka consumer, such as {@code group.id} or what security asks for. */
        public Builder consumer(String setting, Object value) {
            this.consumer.put(setting, value);
            return this;
        }

        /** What a record calls a type, and the event type it becomes. */
        public Builder type(String inRecords, String eventType) {
            this.named.put(inRecords, eventType);
            return this;
        }

        /** Types that are taken under the name they have. */
        public Builder types(String... patterns) {
            this.taken.addAll(List.of(patterns));
            return this;
        }

        /** The event type of those records of a topic that name none. */
        public Builder topicType(String topic, String eventType) {
            this.byTopic.put(topic, eventType);
            return this;
        }

        /** Types that are passed over. */
        public Builder ignore(String... patterns) {
            this.ignored.addAll(List.of(patterns));
            return this;
        }

        public Builder typeHeader(String header) {
            this.typeHeader = header;
            return this;
        }

        public Builder idHeader(String header) {
            this.idHeader = header;
            return this;
        }

        /** Which headers of a record become headers of the event, besides what its format says. */
        public Builder headers(Predicate<String> taken) {
            this.headers = taken;
            return this;
        }

        public Builder unreadable(UnreadableRecords destination) {
            this.unreadable = destination;
            return this;
        }

        public Builder ignoreTombstones() {
            this.ignoreTombstones = true;
            return this;
        }

        public Builder batchSize(int records) {
            this.batchSize = records;
            return this;
        }

        public Builder keepAlive(Duration interval) {
            this.keepAlive = interval;
            return this;
        }

        /** How long a failed step is left alone at first, and at most. */
        public Builder pauses(Duration first, Duration longest) {
            this.firstPause = first;
            this.longestPause = longest;
            return this;
        }

        public Builder listener(KafkaBridgeListener bridgeListener) {
            this.listener = bridgeListener;
            return this;
        }

        public IngressOptions build() {
            return new IngressOptions(
                    name,
                    topics,
                    consumer,
                    named,
                    taken,
                    byTopic,
                    ignored,
                    typeHeader,
                    idHeader,
                    headers,
                    unreadable,
                    ignoreTombstones,
                    batchSize,
                    keepAlive,
                    firstPause,
                    longestPause,
                    listener);
        }
    }
}
