package io.penstock.benchmarks;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the results: one variant of a workload in one round.
 *
 * @param run when the program was started: cells of one run may be compared
 * @param events operations counted by the rate
 * @param rate operations per second, or statements per second and node where nothing is to be done
 * @param ratioToTwin the workload's figure over the twin's in the same round
 * @param ratioToBestPeer the same over the best peer's
 * @param cpuMicrosPerEvent of this JVM, what it started and PostgreSQL
 * @param jvmCpuMicrosPerEvent of this JVM alone
 * @param compiling the time that this JVM's compilers worked, all together, over that of the cell
 * @param roundTripsPerEvent statements that clients sent, per operation
 * @param error why there is no rate
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record Cell(
        String run,
        String workload,
        String variant,
        Role role,
        int round,
        long events,
        @Nullable Double rate,
        @Nullable Double p50Ms,
        @Nullable Double p99Ms,
        @Nullable Double ratioToTwin,
        @Nullable Double ratioToBestPeer,
        @Nullable Double walBytesPerEvent,
        @Nullable Double cpuMicrosPerEvent,
        @Nullable Double jvmCpuMicrosPerEvent,
        @Nullable Double roundTripsPerEvent,
        @Nullable Double compiling,
        Map<String, Object> config,
        String guarantee,
        @Nullable String error) {

    Cell {
        config = Map.copyOf(config);
    }

    static Cell failed(String run, Workload workload, Variant variant, int round, int events, String error) {
        return new Cell(
                run,
                workload.name(),
                variant.name(),
                variant.role(),
                round,
                events,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                Map.of(),
                variant.guarantee(),
                error);
    }

    Cell with(@Nullable Double toTwin, @Nullable Double toBestPeer) {
        return new Cell(
                run,
                workload,
                variant,
                role,
                round,
                events,
                rate,
                p50Ms,
                p99Ms,
                toTwin,
                toBestPeer,
                walBytesPerEvent,
                cpuMicrosPerEvent,
                jvmCpuMicrosPerEvent,
                roundTripsPerEvent,
                compiling,
                config,
                guarantee,
                error);
    }

    @Nullable
    Double compilingPercent() {
        return compiling == null ? null : (Double) (100 * compiling);
    }

    /** The number that ratios compare; {@code null}: this cell has none. */
    @Nullable
    Double figure(Workload.Figure figure) {
        return figure == Workload.Figure.LATENCY ? p50Ms : rate;
    }
}
