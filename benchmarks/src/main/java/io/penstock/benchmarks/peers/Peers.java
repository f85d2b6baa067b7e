package io.penstock.benchmarks.peers;

import com.github.kagkarlsson.scheduler.Scheduler;
import io.namastack.outbox.Outbox;
import io.penstock.benchmarks.Attempt;
import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.Pinned;
import io.penstock.benchmarks.Role;
import io.penstock.benchmarks.Variant;
import io.penstock.benchmarks.peers.PublishAttempt.How;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.modulith.events.ApplicationModuleListener;

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

    private static final String LATENCY = "latency-";
    private static final String DRAIN = "drain";
    private static final String PINNED = "pinned-xmin";
    private static final int SECONDS_OF_A_DRAIN = 10;

    private static final List<Library> TUNED =
            List.of(DbSchedulerPeer.LOCK_AND_FETCH, NamastackPeer.TUNED, ModulithPeer.TUNED);
    private static final List<Library> DEFAULTS =
            List.of(DbSchedulerPeer.DEFAULTS, NamastackPeer.DEFAULTS, ModulithPeer.DEFAULTS);
    private static final List<NodeLibrary> NODE_TUNED = List.of(NodeLibrary.GRAPHILE_WORKER, NodeLibrary.PG_BOSS);
    private static final List<NodeLibrary> NODE_DEFAULTS =
            List.of(NodeLibrary.GRAPHILE_WORKER_DEFAULTS, NodeLibrary.PG_BOSS_DEFAULTS);

    private Peers() {}

    /** The variants for the workload of this name, such as {@code drain} or {@code latency-500}; none for others. */
    public static List<Variant> of(String workload) {
        return Stream.of(
                        inThisJvm(workload, TUNED),
                        inThisJvm(workload, workload.equals(DRAIN) ? List.of(DbSchedulerPeer.FETCH) : List.of()),
                        onNode(workload, NODE_TUNED),
                        inThisJvm(workload, DEFAULTS).map(Variant::once),
                        onNode(workload, NODE_DEFAULTS).map(Variant::once))
                .flatMap(variants -> variants)
                .toList();
    }

    private static Stream<Variant> inThisJvm(String workload, List<Library> libraries) {
        Start start = starting(workload);
        return start == null
                ? Stream.empty()
                : libraries.stream()
                        .filter(library -> keepsUp(library.most(), workload))
                        .map(library -> variant(
                                workload, library.name(), library.guarantee(), bench -> start.open(bench, library)));
    }

    private static Stream<Variant> onNode(String workload, List<NodeLibrary> libraries) {
        NodeJob job = nodeJob(workload);
        return job == null || !Npm.IS_THERE
                ? Stream.empty()
                : libraries.stream()
                        .filter(library -> keepsUp(library.most(), workload))
                        .map(library -> variant(
                                        workload,
                                        library.name(),
                                        library.guarantee(),
                                        bench -> new NodeAttempt(bench, library, job))
                                .cold());
    }

    /** A class of each peer in this JVM. */
    public static List<Class<?>> libraries() {
        return List.of(Scheduler.class, Outbox.class, ApplicationModuleListener.class);
    }

    /** The peers from npm with their versions. */
    public static List<String> fromNpm() {
        return NpmFolder.packages();
    }

    private static Variant variant(String workload, String name, String guarantee, Variant.Opener opener) {
        return Variant.of(name, Role.PEER, guarantee, workload.equals(PINNED) ? Pinned.of(opener) : opener);
    }

    /** What a peer drains in some seconds it has to take at a rate, or it would only grow later and later. */
    private static boolean keepsUp(int most, String workload) {
        return !workload.startsWith(LATENCY)
                || Integer.parseInt(workload.substring(LATENCY.length())) <= most / SECONDS_OF_A_DRAIN;
    }

    private static @Nullable Start starting(String workload) {
        return switch (workload) {
            case "publish-bulk" -> (bench, library) -> new PublishAttempt(bench, library, How.BULK);
            case "publish-single" -> (bench, library) -> new PublishAttempt(bench, library, How.SINGLE);
            case "publish-tx" -> (bench, library) -> new PublishAttempt(bench, library, How.IN_TRANSACTION);
            case DRAIN, PINNED -> DrainAttempt::new;
            case "steady" -> LiveAttempt::steady;
            default -> workload.startsWith(LATENCY) ? LiveAttempt::atRate : null;
        };
    }

    private static @Nullable NodeJob nodeJob(String workload) {
        return switch (workload) {
            case "publish-bulk" -> NodeJob.PUBLISH_BULK;
            case "publish-single" -> NodeJob.PUBLISH_SINGLE;
            case "publish-tx" -> NodeJob.PUBLISH_TX;
            case DRAIN, PINNED -> NodeJob.DRAIN;
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
