package io.penstock.bus.r2dbc;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What a handler can do to whoever calls it. */
enum Hostility {
    THROWS_BEFORE_RETURNING(() -> {
        throw new IllegalStateException("before returning");
    }),
    THROWS_A_CHECKED_EXCEPTION(() -> {
        throw sneaky(new Exception("checked"));
    }),
    RETURNS_NULL(() -> null),
    ERRORS_AFTER_EMITTING(
            () -> Mono.fromDirect(Flux.concat(Mono.just(1), Mono.error(new IllegalStateException("after emitting"))))
                    .cast(Void.class)),
    NEVER_ENDS(Mono::never, true),
    THROWS_WHEN_CANCELLED(
            () -> Mono.create(sink -> sink.onDispose(() -> {
                throw new IllegalStateException("when cancelled");
            })),
            true),
    COMPLETES_AFTER_ITS_TIMEOUT(
            () -> Mono.fromFuture(
                    CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(450, TimeUnit.MILLISECONDS)),
                    true),
            true),
    ERRORS_AFTER_ITS_TIMEOUT(
            () -> Mono.fromFuture(
                    CompletableFuture.runAsync(
                            () -> {
                                throw new IllegalStateException("late");
                            },
                            CompletableFuture.delayedExecutor(450, TimeUnit.MILLISECONDS)),
                    true),
            true),
    BLOCKS_FOR_SECONDS(() -> block(Duration.ofSeconds(20), true), true),
    BLOCKS_UNINTERRUPTIBLY(() -> block(Duration.ofSeconds(2), false), true),
    BLOCKS_IN_THE_CHAIN(() -> Mono.defer(() -> block(Duration.ofSeconds(20), true)), true),
    LOOPS_BUSILY(
            () -> {
                long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
                while (System.nanoTime() - end < 0) {
                    Thread.onSpinWait();
                }
                return Mono.empty();
            },
            true),
    OVERFLOWS_THE_STACK(() -> Mono.just(overflow(0)).then()),
    OVERFLOWS_THE_STACK_IN_THE_CHAIN(() -> Mono.fromRunnable(() -> overflow(0))),
    THROWS_IN_THE_CHAIN(() -> Mono.fromRunnable(() -> {
        throw new IllegalStateException("in the chain");
    })),
    THROWS_IN_THE_CHAIN_ON_ANOTHER_THREAD(() -> elsewhere(new IllegalStateException("elsewhere"))),
    THROWS_AN_ERROR(() -> {
        throw new AssertionError("an error");
    }),
    THROWS_A_LINKAGE_ERROR(() -> {
        throw new NoClassDefFoundError("a/linkage/Error");
    }),
    THROWS_A_LINKAGE_ERROR_IN_THE_CHAIN(() -> Mono.fromRunnable(() -> {
        throw new NoClassDefFoundError("a/linkage/Error");
    })),
    THROWS_A_LINKAGE_ERROR_ON_ANOTHER_THREAD(() -> elsewhere(new NoClassDefFoundError("a/linkage/Error")), true),
    RUNS_OUT_OF_MEMORY(() -> {
        throw new OutOfMemoryError("simulated");
    }),
    ERRORS_FROM_A_THREAD_OF_ITS_OWN(() ->
            Mono.create(sink -> new Thread(() -> sink.error(new IllegalStateException("own thread"))).start())),
    ERRORS_FROM_A_NON_BLOCKING_THREAD(
            () -> Mono.<Void>error(new IllegalStateException("parallel")).subscribeOn(Schedulers.parallel())),
    INTERRUPTS_ITS_THREAD(() -> {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted");
    }),
    THROWS_WHAT_CANNOT_BE_PRINTED(() -> {
        throw new Unprintable(new IllegalStateException("no text"));
    }),
    THROWS_WHAT_FAILS_WITH_AN_ERROR_WHEN_PRINTED(() -> {
        throw new Unprintable(new NoClassDefFoundError("no/Text"));
    }),
    THROWS_WHAT_HAS_A_HOSTILE_CAUSE(() -> {
        throw new HostileCause();
    }),
    THROWS_WHAT_HAS_NO_STACK_TRACE(() -> {
        throw new NoFrames();
    });

    /** Long enough for a trivial second attempt on a busy machine. */
    static final Duration SHORT_TIMEOUT = Duration.ofMillis(300);

    private final Supplier<Mono<Void>> handler;
    private final boolean timesOut;

    Hostility(Supplier<Mono<Void>> handler) {
        this(handler, false);
    }

    Hostility(Supplier<Mono<Void>> handler, boolean timesOut) {
        this.handler = handler;
        this.timesOut = timesOut;
    }

    Mono<Void> run() {
        return handler.get();
    }

    /** Only where the timeout is what ends it: a busy machine must not end the others. */
    Duration timeout() {
        return timesOut ? SHORT_TIMEOUT : BusFixture.PATIENCE;
    }

    private static Mono<Void> elsewhere(Throwable thrown) {
        return Mono.delay(Duration.ofMillis(1))
                .doOnNext(tick -> {
                    throw Hostility.<RuntimeException>sneaky(thrown);
                })
                .then();
    }

    private static Mono<Void> block(Duration time, boolean interruptibly) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() - end < 0) {
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                if (interruptibly) {
                    return Mono.error(e);
                }
            }
        }
        return Mono.empty();
    }

    @SuppressWarnings("InfiniteRecursion")
    private static int overflow(int depth) {
        return overflow(depth + 1) + 1;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X sneaky(Throwable thrown) throws X {
        throw (X) thrown;
    }

    private static final class Unprintable extends RuntimeException {

        private final Throwable thrown;

        Unprintable(Throwable thrown) {
            this.thrown = thrown;
        }

        @Override
        public String getMessage() {
            throw Hostility.<RuntimeException>sneaky(thrown);
        }

        @Override
        public String toString() {
            throw Hostility.<RuntimeException>sneaky(thrown);
        }
    }

    private static final class HostileCause extends RuntimeException {

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("no cause");
        }
    }

    private static final class NoFrames extends RuntimeException {

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException("no frames");
        }
    }
}
