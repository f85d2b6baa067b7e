package io.penstock.benchmarks.peers;

import java.util.Map;

/**
 * A peer from npm, in one of its configurations.
 *
 * @param script of npm/
 * @param guarantee what it promises, in one line
 * @param processes that handle events at once
 * @param connections of each process's pool where it publishes
 * @param most events it is given to drain, so that a cell ends within about ten seconds
 * @param settings of the library, as its script passes them on
 * @param sql counts its rows
 */
record NodeLibrary(
        String name,
        String script,
        String guarantee,
        int processes,
        int connections,
        int most,
        Map<String, Object> settings,
        Counts sql) {

    private static final String AT_LEAST_ONCE = "at least once; no order unless all of a queue is serial; one thread a"
            + " process, no blocking ones; effects apart from the event's end; rows locked and ";

    private static final Counts GRAPHILE_ROWS = new Counts(
            "SELECT count(*) FROM graphile_worker._private_jobs", "SELECT count(*) FROM graphile_worker._private_jobs");
    private static final Counts PG_BOSS_ROWS = new Counts(
            "SELECT count(*) FROM pgboss.job WHERE name = 'order-placed'",
            "SELECT count(*) FROM pgboss.job WHERE name = 'order-placed' AND state <> 'completed'");

    /**
     * As in its documentation, "Performance", "Quick stats"; two processes are the best here ("Horizontal scaling").
     */
    static final NodeLibrary GRAPHILE_WORKER = new NodeLibrary(
            "graphile-worker",
            "graphile-worker.mjs",
            AT_LEAST_ONCE + "marked in batches, deleted in batches; a dead worker's wait 4 hours",
            2,
            25,
            200_000,
            Map.of(
                    "concurrentJobs", 24,
                    "maxPoolSize", 25,
                    "localQueue", Map.of("size", 500),
                    "completeJobBatchDelay", 0,
                    "failJobBatchDelay", 0),
            GRAPHILE_ROWS);

    static final NodeLibrary GRAPHILE_WORKER_DEFAULTS = new NodeLibrary(
            "graphile-worker, defaults",
            "graphile-worker.mjs",
            AT_LEAST_ONCE + "deleted one by one; a dead worker's wait 4 hours",
            1,
            10,
            5_000,
            Map.of(),
            GRAPHILE_ROWS);

    /** As in its documentation, "Workers": batchSize, the shortest interval, notifyWorker to go on at once. */
    static final NodeLibrary PG_BOSS = new NodeLibrary(
            "pg-boss",
            "pg-boss.mjs",
            AT_LEAST_ONCE + "updated in batches; a batch ends or fails as one",
            1,
            Peers.POOL,
            100_000,
            Map.of("batchSize", 5000, "pollingIntervalSeconds", 0.5, "workers", 2, "notify", true),
            PG_BOSS_ROWS);

    static final NodeLibrary PG_BOSS_DEFAULTS = new NodeLibrary(
            "pg-boss, defaults", "pg-boss.mjs", AT_LEAST_ONCE + "updated one by one", 1, 10, 5, Map.of(), PG_BOSS_ROWS);

    NodeLibrary {
        settings = Map.copyOf(settings);
    }

    /** Statements that count what is there, and what of it is not done. */
    record Counts(String stored, String unfinished) {}
}
