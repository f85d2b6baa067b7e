package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Remembers what BlockHound found instead of throwing it: thrown out of a lock's queue it leaves the lock unusable, and
 * tests hang that have nothing to do with it; and whatever was running may swallow it.
 */
public final class BlockingCalls implements BlockHoundIntegration, TestExecutionListener {

    private static final Queue<Error> FOUND = new ConcurrentLinkedQueue<>();

    /** Fails with the stacks of all that was found since the last call. */
    static void assertNone() {
        List<String> found = new ArrayList<>();
        for (Error error = FOUND.poll(); error != null; error = FOUND.poll()) {
            StringWriter stack = new StringWriter();
            error.printStackTrace(new PrintWriter(stack));
            found.add(stack.toString());
        }
        assertThat(found).isEmpty();
    }

    /** Not when it is loaded, which Maven's own JVM does too, to share the classes out among others. */
    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        BlockHound.install();
    }

    @Override
    public void applyTo(BlockHound.Builder builder) {
        // Netty loads its native library with the first connection, wherever that is opened.
        builder.allowBlockingCallsInside("io.netty.util.internal.NativeLibraryLoader", "load")
                // Short locks of the JDK around starting a thread, ending a pool and cancelling a timer.
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "addWorker")
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "tryTerminate")
                .allowBlockingCallsInside("java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue", "remove")
                // The clock of a test, met by a timer of the test before.
                .allowBlockingCallsInside(
                        "reactor.test.scheduler.VirtualTimeScheduler$VirtualTimeWorker", "doScheduleAtTime")
                .blockingMethodCallback(method -> FOUND.add(new BlockingOperationError(method)));
    }
}
