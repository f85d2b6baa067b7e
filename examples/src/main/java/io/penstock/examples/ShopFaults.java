package io.penstock.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** What goes wrong during the run because it was asked for, each at a time when much is under way. */
final class ShopFaults {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(10);
    private static final long FIRST_AT = 200;
    private static final long SECOND_AT = 600;

    private final ShopArguments arguments;
    private final String[] relay;
    private final Runnable restartBroker;
    private final LongSupplier arrived;
    private final PrintStream out;
    private @Nullable ChildJvm process;

    /** @param relay the arguments of {@link ShopRelay} */
    ShopFaults(ShopArguments arguments, String[] relay, Runnable restartBroker, LongSupplier arrived, PrintStream out) {
        this.arguments = arguments;
        this.relay = relay;
        this.restartBroker = restartBroker;
        this.arrived = arrived;
        this.out = out;
    }

    /** Starts the relay's process, if it is to be killed. */
    Mono<Void> prepare() {
        return arguments.killRelay() ? blocking(this::startRelay) : Mono.empty();
    }

    /** Completes when all of it has happened. */
    Mono<Void> happen() {
        Mono<Void> kill = arguments.killRelay() ? after(FIRST_AT, this::killRelay) : Mono.empty();
        Mono<Void> restart = arguments.restartBroker() ? after(SECOND_AT, this::restart) : Mono.empty();
        return kill.then(restart);
    }

    Mono<Void> close() {
        ChildJvm running = process;
        return running == null ? Mono.empty() : blocking(running::close);
    }

    private void startRelay() {
        try {
            Path log = Files.createTempFile("penstock-relay-", ".log");
            log.toFile().deleteOnExit();
            process = ChildJvm.start(ShopRelay.class, log, relay);
        } catch (IOException e) {
            throw new UncheckedIOException("The relay did not start", e);
        }
    }

    private void killRelay() {
        ChildJvm running = process;
        if (running != null) {
            running.kill();
        }
        out.println("the relay was killed after " + arrived.getAsLong() + " events had arrived; another one starts");
        startRelay();
    }

    private void restart() {
        out.println("the broker is killed after " + arrived.getAsLong() + " events had arrived");
        restartBroker.run();
        out.println("the broker is back");
    }

    private Mono<Void> after(long events, Runnable fault) {
        return Flux.interval(LOOK_AGAIN)
                .onBackpressureDrop()
                .takeUntil(tick -> arrived.getAsLong() >= events)
                .then(blocking(fault));
    }

    private static Mono<Void> blocking(Runnable work) {
        return Mono.<Void>fromRunnable(work).subscribeOn(Schedulers.boundedElastic());
    }
}
