package io.penstock.benchmarks.jmh;

import io.penstock.benchmarks.Stage;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Events per second from publish to handler; and with all of them stored, claimed and settled, leases included. */
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Benchmark)
public class DeliverBenchmark {

    private static final int EVENTS = 20_000;

    private final Semaphore handled = new Semaphore(0);
    private @Nullable Stage stage;

    @Setup
    public void open() throws Exception {
        stage = Stage.open();
        stage.consume(number -> handled.release());
    }

    @TearDown
    public void close() throws Exception {
        stage().close();
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void endToEnd() throws InterruptedException {
        stage().publishAll(EVENTS);
        handled.acquire(EVENTS);
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void claimAndSettle(Backlog backlog) throws InterruptedException {
        backlog.drain();
    }

    private Stage stage() {
        return Objects.requireNonNull(stage);
    }

    /** Events stored before each invocation. */
    @State(Scope.Benchmark)
    public static class Backlog {

        private final Semaphore handled = new Semaphore(0);
        private @Nullable Stage stage;

        @Setup
        public void open() throws Exception {
            stage = Stage.open();
        }

        @Setup(Level.Invocation)
        public void store() {
            stage().publishAll(EVENTS);
        }

        @TearDown
        public void close() throws Exception {
            stage().close();
        }

        private void drain() throws InterruptedException {
            stage().consume(number -> handled.release());
            handled.acquire(EVENTS);
            stage().stop();
        }

        private Stage stage() {
            return Objects.requireNonNull(stage);
        }
    }
}
