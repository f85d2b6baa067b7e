package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Variant;
import java.util.List;

/** Which peers can do which workload. */
public final class Peers {

    private Peers() {}

    /** The variants for the workload of this name, such as {@code drain} or {@code latency-500}. */
    public static List<Variant> of(String workload) {
        return List.of();
    }
}
