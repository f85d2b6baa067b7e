package io.penstock.benchmarks.peers;

import io.namastack.outbox.Outbox;
import io.namastack.outbox.OutboxProcessingScheduler;
import io.namastack.outbox.handler.OutboxRecordMetadata;
import io.namastack.outbox.handler.OutboxTypedHandler;
import io.namastack.outbox.partition.PartitionHasher;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.peers.Library.Use;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Namastack Outbox on JDBC, the customer as the record key.
 *
 * <p>Tuned as in its reference, "Performance Tuning", "Platform-Thread Candidate" (JDK 17 has no virtual threads), with
 * the number of instances that is best here.
 */
final class NamastackPeer implements Peer {

    private static final String GUARANTEE =
            "at least once; ordered per key; blocking threads; effects apart from the event's end; no rows locked,"
                    + " partitions are assigned to instances";

    private static final int INSTANCES = 1;

    static final Library TUNED = new Library(
            "namastack-outbox",
            GUARANTEE,
            Peers.POOL,
            false,
            25_000,
            Map.of("polling", "fixed 25 ms, 1000 keys", "threads", "16-32", "instances", INSTANCES),
            opener(INSTANCES, tuning()));
    static final Library DEFAULTS = new Library(
            "namastack-outbox, defaults",
            GUARANTEE,
            Peers.DEFAULT_POOL,
            false,
            50,
            Map.of("polling", "fixed 2 s, 10 keys", "threads", "4-8", "instances", 1),
            opener(1, Map.of()));

    // A row that the API wrote, once more under another id, key, payload and partition.
    private static final String COPY_ROW = """
            INSERT INTO outbox_record (id, status, record_key, record_type, payload, context, created_at, completed_at,
              failure_count, failure_reason, next_retry_at, partition_no, handler_id)
            SELECT gen_random_uuid()::text, status, ?, record_type, ?, context, clock_timestamp(), completed_at,
              failure_count, failure_reason, clock_timestamp(), ?, handler_id
              FROM outbox_record WHERE id = ?
            """;
    private static final String COUNT = "SELECT count(*) FROM outbox_record";
    private static final String COUNT_UNFINISHED = COUNT + " WHERE status <> 'COMPLETED'";
    private static final String COUNT_IDLE_INSTANCES = """
            SELECT %d - count(DISTINCT instance_id) FROM outbox_partition WHERE instance_id IS NOT NULL
            """;

    private final PeerDatabase database;
    private final List<ConfigurableApplicationContext> instances;
    private final Outbox outbox;

    private NamastackPeer(PeerDatabase database, List<ConfigurableApplicationContext> instances) {
        this.database = database;
        this.instances = instances;
        this.outbox = instances.get(0).getBean(Outbox.class);
    }

    static Library.Opener opener(int count, Map<String, Object> settings) {
        return (database, handler, use) -> open(database, handler, use, count, settings);
    }

    private static Peer open(
            PeerDatabase database, Consumer<Payload> handler, Use use, int count, Map<String, Object> settings) {
        Map<String, Object> properties = new HashMap<>(settings);
        properties.put(
                "spring.autoconfigure.exclude",
                "org.springframework.modulith.events.jdbc.JdbcEventPublicationAutoConfiguration,"
                        + "org.springframework.modulith.events.config.EventPublicationAutoConfiguration,"
                        + "org.springframework.modulith.events.config.EventExternalizationAutoConfiguration");
        List<ConfigurableApplicationContext> instances = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            instances.add(SpringPeer.start(
                    database, properties, context -> context.registerBean(Handler.class, () -> new Handler(handler))));
        }
        NamastackPeer peer = new NamastackPeer(database, instances);
        peer.awaitAssignment();
        if (use != Use.BOTH) {
            peer.schedulers().forEach(OutboxProcessingScheduler::stop);
        }
        return peer;
    }

    private static Map<String, Object> tuning() {
        return Map.of(
                "namastack.outbox.polling.trigger", "fixed",
                "namastack.outbox.polling.batch-size", 1000,
                "namastack.outbox.polling.fixed.interval", "25ms",
                "namastack.outbox.processing.executor-core-pool-size", 16,
                "namastack.outbox.processing.executor-max-pool-size", 32,
                "namastack.outbox.instance.heartbeat-interval", "1s",
                "namastack.outbox.instance.stale-instance-timeout", "10s",
                "namastack.outbox.instance.rebalance-interval", "1s");
    }

    @Override
    public void publish(Payload event) {
        outbox.schedule(event, event.customer());
    }

    @Override
    public void fill(int events) {
        publish(Payload.of(0));
        String first = database.jdbc().queryForObject("SELECT id FROM outbox_record", String.class);
        List<Object[]> rows = IntStream.range(1, events)
                .mapToObj(Payload::of)
                .map(event -> new Object[] {event.customer(), event.toJson(), partitionOf(event), first})
                .toList();
        database.inTransaction(() -> database.jdbc().batchUpdate(COPY_ROW, rows));
    }

    @Override
    public void handle() {
        schedulers().forEach(OutboxProcessingScheduler::start);
    }

    @Override
    public long unfinished() {
        return database.number(COUNT_UNFINISHED);
    }

    @Override
    public long stored() {
        return database.number(COUNT);
    }

    @Override
    public void close() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    private List<OutboxProcessingScheduler> schedulers() {
        return instances.stream()
                .map(context -> context.getBean(OutboxProcessingScheduler.class))
                .toList();
    }

    private void awaitAssignment() {
        String idle = COUNT_IDLE_INSTANCES.formatted(instances.size());
        Conditions.await("instances without partitions", () -> database.number(idle) == 0, PeerAttempt.PATIENCE);
    }

    private static int partitionOf(Payload event) {
        return PartitionHasher.INSTANCE.getPartitionForRecordKey(event.customer());
    }

    /** Hands each record to the attempt. */
    private record Handler(Consumer<Payload> next) implements OutboxTypedHandler<Payload> {

        @Override
        public void handle(Payload payload, OutboxRecordMetadata metadata) {
            next.accept(payload);
        }
    }
}
