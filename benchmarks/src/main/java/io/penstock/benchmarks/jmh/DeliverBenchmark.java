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
public class DeliverBenchmark {

    private static final int EVENTS = 20_000;

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void endToEnd(Running running) throws InterruptedException {
        running.deliver();
    }

    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void claimAndSettle(Backlog backlog) throws InterruptedException {
        backlog.drain();
    }

    /** A bus, and how many events its consumer has handled. */
    private abstract static class Consumer {

        final Semaphore handled = new Semaphore(0);
        private @Nullable Stage stage;

        void openStage() throws Exception {
            stage = Stage.open();
        }

        @TearDown
        public void close() throws Exception {
            stage().close();
        }

        void consume() {
            stage().consume(number -> handled.release());
        }

        Stage stage() {
            return Objects.requireNonNull(stage);
        }
    }

    /** A consumer that runs all the time. */
    @State(Scope.Benchmark)
    public static class Running extends Consumer {

        @Setup
        public void open() throws Exception {
            openStage();
            consume();
        }

        private void deliver() throws InterruptedException {
            stage().publishAll(EVENTS);
            handled.acquire(EVENTS);
        }
    }

    /** Events stored before each invocation, and a consumer that runs for as long as it takes. */
    @State(Scope.Benchmark)
    public static class Backlog extends Consumer {

        @Setup
        public void open() throws Exception {
            openStage();
        }

        @Setup(Level.Invocation)
        public void store() {
            stage().publishAll(EVENTS);
        }

        private void drain() throws InterruptedException {
            consume();
            handled.acquire(EVENTS);
            stage().stop();
        }
    }
}
