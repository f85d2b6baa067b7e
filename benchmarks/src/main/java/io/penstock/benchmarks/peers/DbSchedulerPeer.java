package io.penstock.benchmarks.peers;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.peers.Library.Use;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

/**
 * db-scheduler: a one-time task for each event.
 *
 * <p>Tuned as in its README, "Benchmark test" (20 threads, lower 4.0, upper 20.0), with "enableImmediateExecution" and
 * a short "pollingInterval" from "Consider tuning"; joins transactions as "Things to note / gotchas" says.
 */
final class DbSchedulerPeer implements Peer {

    private static final String GUARANTEE =
            "at least once; no order; a blocking thread a handler; effects apart from the event's end; ";
    private static final String SKIP_LOCKED = GUARANTEE + "rows locked and marked in batches, deleted one by one";
    private static final String OPTIMISTIC = GUARANTEE + "rows marked one by one by version, deleted one by one";

    private static final int THREADS = 20;
    private static final int FILL_BATCH = 1000;
    private static final Duration POLL = Duration.ofMillis(100);

    static final Library LOCK_AND_FETCH = new Library(
            "db-scheduler",
            SKIP_LOCKED,
            Peers.POOL,
            false,
            100_000,
            Map.of("strategy", "lock-and-fetch 4.0/20.0", "threads", THREADS, "pollingMs", POLL.toMillis()),
            opener(builder -> tuned(builder).pollUsingLockAndFetch(4.0, 20.0)));
    static final Library FETCH = new Library(
            "db-scheduler, fetch",
            OPTIMISTIC,
            Peers.POOL,
            false,
            50_000,
            Map.of("strategy", "fetch-and-lock-on-execute 4.0/20.0", "threads", THREADS, "pollingMs", POLL.toMillis()),
            opener(builder -> tuned(builder).pollUsingFetchAndLockOnExecute(4.0, 20.0)));
    static final Library DEFAULTS = new Library(
            "db-scheduler, defaults",
            OPTIMISTIC,
            Peers.DEFAULT_POOL,
            false,
            25_000,
            Map.of("strategy", "fetch-and-lock-on-execute 0.5/3.0", "threads", 10, "pollingMs", 10_000),
            opener(builder -> builder));

    // As in the project's postgresql_tables.sql, without the index for priorities, which are switched on by option.
    private static final String CREATE_TABLE = """
            CREATE TABLE scheduled_tasks (
              task_name text NOT NULL,
              task_instance text NOT NULL,
              task_data bytea,
              execution_time timestamptz NOT NULL,
              picked boolean NOT NULL,
              picked_by text,
              last_success timestamptz,
              last_failure timestamptz,
              consecutive_failures int,
              last_heartbeat timestamptz,
              version bigint NOT NULL,
              priority smallint,
              PRIMARY KEY (task_name, task_instance));
            CREATE INDEX ON scheduled_tasks (execution_time);
            CREATE INDEX ON scheduled_tasks (last_heartbeat);
            """;
    private static final String COUNT = "SELECT count(*) FROM scheduled_tasks";

    private final PeerDatabase database;
    private final OneTimeTask<String> task;
    private final Scheduler scheduler;

    private DbSchedulerPeer(
            PeerDatabase database, Consumer<Payload> handler, Use use, UnaryOperator<SchedulerBuilder> tuning) {
        this.database = database;
        this.task = Tasks.oneTime("order-placed", String.class)
                .execute((instance, context) -> handler.accept(Payload.fromJson(instance.getData())));
        this.scheduler = tuning.apply(Scheduler.create(new TransactionAwareDataSourceProxy(database.source()), task))
                .build();
        if (use == Use.BOTH) {
            scheduler.start();
        }
    }

    static Library.Opener opener(UnaryOperator<SchedulerBuilder> tuning) {
        return (database, handler, use) -> {
            database.jdbc().execute(CREATE_TABLE);
            return new DbSchedulerPeer(database, handler, use, tuning);
        };
    }

    private static SchedulerBuilder tuned(SchedulerBuilder builder) {
        return builder.threads(THREADS).pollingInterval(POLL).enableImmediateExecution();
    }

    @Override
    public void publish(Payload event) {
        scheduler.schedule(instance(event), Instant.now());
    }

    @Override
    public void publishAll(List<Payload> events) {
        List<TaskInstance<?>> instances =
                events.stream().<TaskInstance<?>>map(this::instance).toList();
        scheduler.scheduleBatch(instances, Instant.now());
    }

    @Override
    public void fill(int events) {
        for (int from = 0; from < events; from += FILL_BATCH) {
            List<Payload> slice = IntStream.range(from, Math.min(events, from + FILL_BATCH))
                    .mapToObj(Payload::of)
                    .toList();
            database.inTransaction(() -> publishAll(slice));
        }
    }

    @Override
    public void handle() {
        scheduler.start();
    }

    @Override
    public long unfinished() {
        return database.number(COUNT);
    }

    @Override
    public long stored() {
        return database.number(COUNT);
    }

    @Override
    public void close() {
        scheduler.stop();
    }

    private TaskInstance<String> instance(Payload event) {
        return task.instance(Integer.toString(event.number()), event.toJson());
    }
}
