package io.penstock.bus.kafka;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Tells one listener on a thread of its own, in order, and keeps what it throws away from the bridge. While too many
 * calls wait for it to return, further ones are dropped. That is logged, as there may be nobody else left to tell.
 */
final class Teller {

    private static final Logger LOG = LoggerFactory.getLogger(Teller.class);
    private static final int MOST_UNTOLD = 10_000;
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final String name;
    private final KafkaBridgeListener listener;
    private final Scheduler thread;
    private final AtomicInteger untold = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();

    /** @param name that of the relay or ingress */
    Teller(String name, KafkaBridgeListener listener) {
        this.name = name;
        this.listener = listener;
        this.thread = Schedulers.newBoundedElastic(1, Integer.MAX_VALUE, name + "-tell", 60, true);
    }

    void tell(Consumer<KafkaBridgeListener> call) {
        if (untold.incrementAndGet() > MOST_UNTOLD) {
            untold.decrementAndGet();
            drop();
        } else {
            enqueue(call);
        }
    }

    /** Completes when all has been told, or after a second. */
    Mono<Void> close() {
        return Mono.<Void>fromRunnable(() -> {})
                .subscribeOn(thread)
                .timeout(LAST_WORDS)
                .onErrorComplete()
                // It waits for short locks.
                .then(Mono.<Void>fromRunnable(thread::dispose).subscribeOn(Schedulers.boundedElastic()));
    }

    private void enqueue(Consumer<KafkaBridgeListener> call) {
        try {
            thread.schedule(() -> guard(call));
        } catch (RuntimeException closed) {
            untold.decrementAndGet();
            LOG.debug("A listener of {} is not told: it is closed", name, closed);
        }
    }

    private void guard(Consumer<KafkaBridgeListener> call) {
        try {
            call.accept(listener);
        } catch (Throwable thrown) {
            LOG.debug("A listener of {} threw", name, thrown);
        }
        if (untold.decrementAndGet() == 0) {
            catchUp();
        }
    }

    private void drop() {
        if (dropped.getAndIncrement() == 0) {
            LOG.warn(
                    "{}: {} does not return, and {} calls wait for it; it is not told more", name, type(), MOST_UNTOLD);
        }
    }

    private void catchUp() {
        long missed = dropped.getAndSet(0);
        if (missed > 0) {
            LOG.warn("{}: {} has returned and is told again; it missed {} calls", name, type(), missed);
        }
    }

    private String type() {
        return listener.getClass().getName();
    }
}
