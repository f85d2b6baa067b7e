package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Attempt;
import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.Role;
import io.penstock.benchmarks.Variant;
import io.penstock.benchmarks.peers.PublishAttempt.How;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which peers can do which workload. */
public final class Peers {

    /** Connections where the number is ours to choose: one for each of db-scheduler's threads, the most anybody wants. */
    static final int POOL = 20;

    /** HikariCP's own default. */
    static final int DEFAULT_POOL = 10;

    /** Events in a bulk call, and the calls at once. */
    static final int BATCH = 100;

    static final int LANES = 4;

    /** Calls at once where each stores one event. */
    static final int IN_FLIGHT = 256;

    private static final List<Library> LIBRARIES = List.of(
            DbSchedulerPeer.LOCK_AND_FETCH,
            DbSchedulerPeer.FETCH,
            DbSchedulerPeer.DEFAULTS,
            NamastackPeer.TUNED,
            NamastackPeer.DEFAULTS,
            ModulithPeer.TUNED,
            ModulithPeer.DEFAULTS);

    private Peers() {}

    /** The variants for the workload of this name, such as {@code drain} or {@code latency-500}; none for others. */
    public static List<Variant> of(String workload) {
        return LIBRARIES.stream()
                .flatMap(library -> Optional.ofNullable(starting(workload)).stream()
                        .map(start -> Variant.of(
                                library.name(), Role.PEER, library.guarantee(), bench -> start.open(bench, library))))
                .toList();
    }

    private static @Nullable Start starting(String workload) {
        return switch (workload) {
            case "publish-bulk" -> (bench, library) -> new PublishAttempt(bench, library, How.BULK);
            case "publish-single" -> (bench, library) -> new PublishAttempt(bench, library, How.SINGLE);
            case "publish-tx" -> (bench, library) -> new PublishAttempt(bench, library, How.IN_TRANSACTION);
            case "drain" -> (bench, library) -> new DrainAttempt(bench, library, false);
            case "pinned-xmin" -> (bench, library) -> new DrainAttempt(bench, library, true);
            case "steady" -> LiveAttempt::steady;
            default -> workload.startsWith("latency-") ? LiveAttempt::atRate : null;
        };
    }

    /** Makes an attempt of a library at one of the workloads. */
    private interface Start {
        Attempt open(Bench bench, Library library);
    }
}
