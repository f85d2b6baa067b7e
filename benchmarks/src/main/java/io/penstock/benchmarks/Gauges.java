package io.penstock.benchmarks;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reads what a cell costs: time, WAL, CPU and statements. */
final class Gauges {

    // Statements that the server ran for a client, one by one; in these workloads each is a round trip, but for the
    // batches of JDBC and a transaction begun together with its first statement.
    private static final String STATEMENTS = """
            SELECT coalesce(sum(calls), 0)::int8 FROM pg_stat_statements(false) AS statement
              JOIN pg_database ON pg_database.oid = statement.dbid
             WHERE datname = '%s' AND toplevel
            """;
    // Full, the server would forget the counts of statements that are rare, in the middle of a cell.
    private static final String FORGET =
            "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = '%s'";
    private static final String WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8";

    private final Bench.Address admin;
    private final Cpu cpu;
    private final boolean countsStatements;

    private Gauges(Bench.Address admin, Cpu cpu, boolean countsStatements) {
        this.admin = admin;
        this.cpu = cpu;
        this.countsStatements = countsStatements;
    }

    static Gauges of(Server server) throws SQLException {
        return new Gauges(server.address(), Cpu.of(server), hasStatements(server.address()));
    }

    /** Runs the work between two readings. */
    Reading measure(Bench.Address database, Work work) throws Exception {
        try (Connection connection = Jdbc.open(admin)) {
            long statements = statements(connection, database);
            long wal = Jdbc.number(connection, WAL);
            long cpuMicros = cpu.micros();
            long jvmMicros = cpu.jvmMicros();
            long compiled = compiledMillis();
            long startedAt = System.nanoTime();
            work.run();
            long nanos = System.nanoTime() - startedAt;
            Reading reading = new Reading(
                    nanos,
                    Jdbc.number(connection, WAL) - wal,
                    cpu.isWhole() ? cpu.micros() - cpuMicros : null,
                    cpu.jvmMicros() - jvmMicros,
                    TimeUnit.MILLISECONDS.toNanos(compiledMillis() - compiled),
                    countsStatements ? statements(connection, database) - statements : null);
            forget(database);
            return reading;
        }
    }

    private static long compiledMillis() {
        CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
        return compilers == null ? 0 : compilers.getTotalCompilationTime();
    }

    private void forget(Bench.Address database) throws SQLException {
        if (countsStatements) {
            Jdbc.run(admin, FORGET.formatted(database.name()));
        }
    }

    private long statements(Connection connection, Bench.Address database) throws SQLException {
        return countsStatements ? Jdbc.number(connection, STATEMENTS.formatted(database.name())) : 0;
    }

    private static boolean hasStatements(Bench.Address admin) {
        try {
            Jdbc.run(admin, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
            Jdbc.number(admin, "SELECT count(*) FROM pg_stat_statements");
            Jdbc.run(admin, FORGET.formatted("none"));
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    /** What is measured. */
    interface Work {
        void run() throws Exception;
    }

    /**
     * What it took.
     *
     * @param cpuMicros of this JVM, what it started and PostgreSQL; {@code null}: not all of it is known
     * @param jvmCpuMicros of this JVM alone
     * @param compiledNanos time that this JVM's compilers worked
     * @param statements {@code null}: the server does not count them
     */
    record Reading(
            long nanos,
            long walBytes,
            @Nullable Long cpuMicros,
            long jvmCpuMicros,
            long compiledNanos,
            @Nullable Long statements) {

        double compiling() {
            return (double) compiledNanos / nanos;
        }

        double perSecond(long count) {
            return count / (nanos / 1e9);
        }
    }
}
