package io.penstock.benchmarks;

import io.penstock.benchmarks.peers.Peers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** All workloads, in the order in which they run and are reported. */
final class Workloads {

    private Workloads() {}

    static List<Workload> all() {
        List<Workload> all = new ArrayList<>(List.of(
                Publishes.single(),
                Publishes.bulk(),
                Publishes.transactions(),
                Publishes.transactionsOneByOne(),
                Drains.drain(),
                Transactionals.singly(),
                Transactionals.inBatches(),
                Drains.fanOut(),
                Steadies.steady()));
        all.addAll(Latencies.all());
        all.addAll(List.of(
                Trials.pinned(),
                Trials.failing(),
                Trials.backlog(),
                Trials.nodes(),
                Trials.idle(),
                Bridges.relay(),
                Bridges.ingress()));
        return all.stream().map(Workloads::withPeers).toList();
    }

    /** Those of the given names and groups; throws {@link UsageException} for a word that is neither. */
    static List<Workload> called(List<String> words) {
        List<Workload> all = all();
        for (String word : words) {
            if (all.stream().noneMatch(workload -> workload.isCalled(word))) {
                throw new UsageException("there is no workload '" + word + "', but: "
                        + all.stream().map(Workload::name).collect(Collectors.joining(", ")));
            }
        }
        return all.stream()
                .filter(workload -> words.stream().anyMatch(workload::isCalled))
                .toList();
    }

    private static Workload withPeers(Workload workload) {
        List<Variant> variants = new ArrayList<>(workload.variants());
        variants.addAll(Peers.of(workload.name()));
        return new Workload(
                workload.name(), workload.group(), workload.events(), workload.figure(), workload.options(), variants);
    }
}
