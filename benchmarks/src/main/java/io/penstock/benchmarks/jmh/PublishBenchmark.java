package io.penstock.benchmarks.jmh;

import io.penstock.benchmarks.Stage;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Events per second through each of the three doors, to one consumer that does not run. */
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Benchmark)
public class PublishBenchmark {

    private static final int EVENTS = 5_000;
    private static final int TRANSACTIONS = 500;
    private static final int IN_FLIGHT = 256;
    private static final int CONNECTIONS = 8;

    private @Nullable Stage stage;

    @Setup
    public void open() throws Exception {
        stage = Stage.open();
    }

    @TearDown
    public void close() throws Exception {
        stage().close();
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void single() {
        stage().publish(EVENTS, IN_FLIGHT);
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void bulk() {
        stage().publishAll(EVENTS);
    }

    @Benchmark
    @OperationsPerInvocation(TRANSACTIONS)
    public void inCallersTransaction() {
        stage().transactions(TRANSACTIONS, CONNECTIONS);
    }

    private Stage stage() {
        return Objects.requireNonNull(stage);
    }
}
