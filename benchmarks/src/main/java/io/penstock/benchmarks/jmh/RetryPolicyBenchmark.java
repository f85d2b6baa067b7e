package io.penstock.benchmarks.jmh;

import io.penstock.bus.Outcome;
import io.penstock.bus.RetryPolicy;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a failed attempt costs before anything is written. */
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
public class RetryPolicyBenchmark {

    private final RetryPolicy policy = RetryPolicy.DEFAULTS.withNeverRetry(IllegalArgumentException.class);
    private final Throwable cause = new IllegalStateException("outer", new RuntimeException("inner"));

    @Benchmark
    public Outcome afterFailure() {
        return policy.afterFailure(3, cause, 0.5);
    }
}
