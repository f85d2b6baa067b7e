package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Attempt;
import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.Role;
import io.penstock.benchmarks.Variant;
import io.penstock.benchmarks.peers.PublishAttempt.How;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which peers can do which workload. */
public final class Peers {

    /** Connections where the number is ours to choose: one for each of db-scheduler's threads, the most anybody wants. */
    static final int POOL = 20;

    /** HikariCP's own default. */
    static final int DEFAULT_POOL = 10;

    /** Events in a bulk call. */
    static final int BATCH = 512;

    /** Bulk calls at once. */
    static final int LANES = 4;

    /** Transactions at once where each has a business row and an event, as many as the twin has. */
    static final int TRANSACTIONS = 8;

    /** Calls at once where each stores one event. */
    static final int IN_FLIGHT = 256;

    /** The option that says how many events are due in a second. */
    static final String RATE = "rate";

    private static final String LATENCY = "latency-";
    private static final int LATENCY_SECONDS = 20;

    private static final List<Library> LIBRARIES = List.of(
            DbSchedulerPeer.LOCK_AND_FETCH,
            DbSchedulerPeer.FETCH,
            DbSchedulerPeer.DEFAULTS,
            NamastackPeer.TUNED,
            NamastackPeer.DEFAULTS,
            ModulithPeer.TUNED,
            ModulithPeer.DEFAULTS);

    private static final List<NodeLibrary> NODE_LIBRARIES = List.of(
            NodeLibrary.GRAPHILE_WORKER,
            NodeLibrary.GRAPHILE_WORKER_DEFAULTS,
            NodeLibrary.PG_BOSS,
            NodeLibrary.PG_BOSS_DEFAULTS);

    private Peers() {}

    /** The variants for the workload of this name, such as {@code drain} or {@code latency-500}; none for others. */
    public static List<Variant> of(String workload) {
        return Stream.concat(inThisJvm(workload), onNode(workload)).toList();
    }

    private static Stream<Variant> inThisJvm(String workload) {
        Start start = starting(workload);
        return start == null
                ? Stream.empty()
                : LIBRARIES.stream()
                        .filter(library -> keepsUp(library.most(), workload))
                        .map(library -> Variant.of(
                                library.name(), Role.PEER, library.guarantee(), bench -> start.open(bench, library)));
    }

    private static Stream<Variant> onNode(String workload) {
        NodeJob job = nodeJob(workload);
        return job == null || !Npm.IS_THERE
                ? Stream.empty()
                : NODE_LIBRARIES.stream()
                        .filter(library -> keepsUp(library.most(), workload))
                        .map(library -> Variant.of(
                                library.name(),
                                Role.PEER,
                                library.guarantee(),
                                bench -> new NodeAttempt(bench, library, job)));
    }

    /** What a peer drains in about 20 s it has to take at a rate, or it would only grow later and later. */
    private static boolean keepsUp(int most, String workload) {
        return !workload.startsWith(LATENCY)
                || Integer.parseInt(workload.substring(LATENCY.length())) <= most / LATENCY_SECONDS;
    }

    private static @Nullable Start starting(String workload) {
        return switch (workload) {
            case "publish-bulk" -> (bench, library) -> new PublishAttempt(bench, library, How.BULK);
            case "publish-single" -> (bench, library) -> new PublishAttempt(bench, library, How.SINGLE);
            case "publish-tx" -> (bench, library) -> new PublishAttempt(bench, library, How.IN_TRANSACTION);
            case "drain" -> (bench, library) -> new DrainAttempt(bench, library, false);
            case "pinned-xmin" -> (bench, library) -> new DrainAttempt(bench, library, true);
            case "steady" -> LiveAttempt::steady;
            default -> workload.startsWith(LATENCY) ? LiveAttempt::atRate : null;
        };
    }

    private static @Nullable NodeJob nodeJob(String workload) {
        return switch (workload) {
            case "publish-bulk" -> NodeJob.PUBLISH_BULK;
            case "publish-single" -> NodeJob.PUBLISH_SINGLE;
            case "publish-tx" -> NodeJob.PUBLISH_TX;
            case "drain" -> NodeJob.DRAIN;
            case "pinned-xmin" -> NodeJob.PINNED;
            case "steady" -> NodeJob.STEADY;
            default -> workload.startsWith(LATENCY) ? NodeJob.LATENCY : null;
        };
    }

    /** Looked for once, and missed aloud. */
    private static final class Npm {

        private static final boolean IS_THERE = isThere();

        private static boolean isThere() {
            boolean there = NpmFolder.isPossible();
            if (!there) {
                System.out.println("graphile-worker and pg-boss are skipped: there is no node, or no npm");
            }
            return there;
        }
    }

    /** Makes an attempt of a library at one of the workloads. */
    private interface Start {
        Attempt open(Bench bench, Library library);
    }
}
