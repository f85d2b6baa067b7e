package io.penstock.benchmarks;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One cell: a fresh database, prepare, measure, verify. A failure is a cell without a rate, and the others go on. */
final class CellRun {

    private static final double NANOS_PER_MILLI = 1e6;

    private final String run = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    private final Databases databases;
    private final Gauges gauges;

    CellRun(Databases databases, Gauges gauges) {
        this.databases = databases;
        this.gauges = gauges;
    }

    Cell run(Workload workload, Variant variant, int round, int events, Map<String, String> options) {
        try {
            Bench bench = new Bench(databases.fresh(variant, events, options), events, options);
            return attempt(workload, variant, round, bench);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (Exception e) {
            return Cell.failed(run, workload, variant, round, events, message(e));
        }
    }

    private Cell attempt(Workload workload, Variant variant, int round, Bench bench) throws Exception {
        try (Attempt attempt = variant.opener().open(bench)) {
            attempt.prepare();
            databases.settle(bench.database());
            System.gc();
            Gauges.Reading reading = gauges.measure(bench.database(), attempt::run);
            attempt.verify();
            return cell(workload, variant, round, attempt.operations(bench), attempt, reading);
        }
    }

    private Cell cell(
            Workload workload, Variant variant, int round, long operations, Attempt attempt, Gauges.Reading reading) {
        Histogram latencies = attempt.latencies();
        boolean counts = workload.figure() != Workload.Figure.STATEMENTS;
        Long statements = reading.statements();
        Double statementsPerNode = statements == null ? null : reading.perSecond(statements) / operations;
        return new Cell(
                run,
                workload.name(),
                variant.name(),
                variant.role(),
                round,
                operations,
                counts ? (Double) reading.perSecond(operations) : statementsPerNode,
                percentile(latencies, 50),
                percentile(latencies, 99),
                null,
                null,
                per(reading.walBytes(), operations),
                per(reading.cpuMicros(), operations),
                per(reading.jvmCpuMicros(), operations),
                per(statements, operations),
                reading.compiling(),
                attempt.config(),
                variant.guarantee(),
                null);
    }

    private static @Nullable Double percentile(@Nullable Histogram latencies, double percentile) {
        return latencies == null ? null : (Double) (latencies.getValueAtPercentile(percentile) / NANOS_PER_MILLI);
    }

    private static @Nullable Double per(@Nullable Long total, long operations) {
        return total == null ? null : (Double) ((double) total / operations);
    }

    private static String message(Throwable error) {
        return error.getMessage() == null ? error.toString() : error.getMessage();
    }
}
