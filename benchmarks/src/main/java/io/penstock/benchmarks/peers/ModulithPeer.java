package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Payload;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.modulith.events.ApplicationModuleListener;
import org.springframework.modulith.events.FailedEventPublications;
import org.springframework.modulith.events.ResubmissionOptions;

/**
 * Spring Modulith's event publication registry on JDBC: a listener that runs after the commit, on a thread of its own,
 * and marks its publication completed.
 *
 * <p>It hands out what this process published just now; anything else waits until it is resubmitted. Draining is thus
 * resubmitting failed publications, as in its reference, "Failed publications and resubmission". Tuned with the
 * completion mode DELETE from "Event Publication Completion", larger batches and more threads.
 */
final class ModulithPeer implements Peer {

    private static final String GUARANTEE =
            "at least once if the application resubmits; no order; blocking threads; effects apart from the event's end;"
                    + " no rows locked, no other node takes over by itself";

    private static final int THREADS = 16;
    private static final int TUNED_BATCH = 5_000;
    private static final int DEFAULT_BATCH = 100;

    static final Library TUNED = new Library(
            "spring-modulith",
            GUARANTEE,
            Peers.POOL,
            true,
            5_000,
            Map.of("completion", "delete", "threads", THREADS, "resubmissionBatch", TUNED_BATCH),
            opener(
                    TUNED_BATCH,
                    Map.of(
                            "spring.modulith.events.completion-mode",
                            "delete",
                            "spring.task.execution.pool.core-size",
                            THREADS)));
    static final Library DEFAULTS = new Library(
            "spring-modulith, defaults",
            GUARANTEE,
            Peers.DEFAULT_POOL,
            true,
            5_000,
            Map.of("completion", "update", "threads", 8, "resubmissionBatch", DEFAULT_BATCH),
            opener(DEFAULT_BATCH, Map.of()));

    // A row that the registry wrote for a failed listener, once more under another id and event.
    private static final String COPY_ROW = """
            INSERT INTO event_publication (id, listener_id, event_type, serialized_event, publication_date,
              completion_date, status, completion_attempts, last_resubmission_date)
            SELECT gen_random_uuid(), listener_id, event_type, ?, clock_timestamp(),
              completion_date, status, completion_attempts, clock_timestamp()
              FROM event_publication WHERE id = ?
            """;
    private static final String COUNT_UNFINISHED = "SELECT count(*) FROM event_publication WHERE status <> 'COMPLETED'";
    private static final String COUNT_FAILED = "SELECT count(*) FROM event_publication WHERE status = 'FAILED'";

    private final PeerDatabase database;
    private final ConfigurableApplicationContext context;
    private final Listener listener;
    private final int batch;
    private final LongAdder published = new LongAdder();
    private final AtomicInteger filled = new AtomicInteger();

    private ModulithPeer(PeerDatabase database, ConfigurableApplicationContext context, Listener listener, int batch) {
        this.database = database;
        this.context = context;
        this.listener = listener;
        this.batch = batch;
    }

    static Library.Opener opener(int batch, Map<String, Object> settings) {
        return (database, handler, use) -> {
            Map<String, Object> properties = new HashMap<>(settings);
            properties.put("namastack.outbox.enabled", false);
            // The listener that fails on purpose in fill() is no news.
            properties.put("logging.level.org.springframework.aop.interceptor", "off");
            Listener listener = new Listener(handler);
            ConfigurableApplicationContext context =
                    SpringPeer.start(database, properties, beans -> beans.registerBean(Listener.class, () -> listener));
            return new ModulithPeer(database, context, listener, batch);
        };
    }

    @Override
    public void publish(Payload event) {
        database.inTransaction(() -> context.publishEvent(event));
        published.increment();
    }

    @Override
    public void fill(int events) {
        listener.failing = true;
        publish(Payload.of(0));
        Conditions.await("failed listener", () -> database.number(COUNT_FAILED) == 1, PeerAttempt.PATIENCE);
        listener.failing = false;
        UUID first = database.jdbc().queryForObject("SELECT id FROM event_publication", UUID.class);
        List<Object[]> rows = IntStream.range(1, events)
                .mapToObj(number -> new Object[] {Payload.of(number).toJson(), first})
                .toList();
        database.inTransaction(() -> database.jdbc().batchUpdate(COPY_ROW, rows));
        filled.set(events);
    }

    @Override
    public void handle() {
        FailedEventPublications failed = context.getBean(FailedEventPublications.class);
        ResubmissionOptions options = ResubmissionOptions.defaults().withBatchSize(batch);
        for (int begun = 0; begun < filled.get(); begun += batch) {
            failed.resubmit(options);
        }
    }

    @Override
    public long unfinished() {
        return database.number(COUNT_UNFINISHED);
    }

    /** Completed publications may be deleted: what was published without an error counts once no row is unfinished. */
    @Override
    public long stored() {
        Conditions.await("unfinished publications", () -> unfinished() == 0, PeerAttempt.PATIENCE);
        return published.sum();
    }

    @Override
    public void close() {
        context.close();
    }

    /** Hands each event to the attempt, or fails. */
    static class Listener {

        private final Consumer<Payload> next;
        private volatile boolean failing;

        Listener(Consumer<Payload> next) {
            this.next = next;
        }

        @ApplicationModuleListener
        void on(Payload event) {
            if (failing) {
                throw new IllegalStateException("fails on purpose");
            }
            next.accept(event);
        }
    }
}
