package io.penstock.bus.spring;

import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;

/**
 * Starts the bus before the web server takes requests, which may publish, and closes it after the last one was answered.
 * Waits for both, as Spring's lifecycle has no other way to be told.
 */
final class BusLifecycle implements SmartLifecycle {

    /** Before, and on the way down after, the web server and whatever else has a phase near the default. */
    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 8192;

    private final R2dbcEventBus bus;
    private final Duration startTimeout;
    private volatile boolean running;
    private volatile boolean closed;

    BusLifecycle(R2dbcEventBus bus, Duration startTimeout) {
        this.bus = bus;
        this.startTimeout = startTimeout;
    }

    @Override
    public void start() {
        if (closed) {
            throw new IllegalStateException("The bus was closed when its context was stopped, and does not open again:"
                    + " pause and restart the context, or make a new one");
        }
        bus.start().timeout(startTimeout, Mono.error(this::tooLate)).block();
        running = true;
    }

    private IllegalStateException tooLate() {
        return new IllegalStateException("The bus was not ready within penstock.start-timeout=" + startTimeout
                + ": the database does not answer, or its schema takes longer to migrate");
    }

    @Override
    public void stop() {
        close().block();
    }

    @Override
    public void stop(Runnable stopped) {
        close().subscribe(null, error -> stopped.run(), stopped);
    }

    private Mono<Void> close() {
        closed = true;
        // Before whoever waits is told: a context that starts again at once asks first.
        return bus.close().doOnTerminate(() -> running = false);
    }

    /** A closed bus does not open again, and one without consumers does no harm to whoever is paused. */
    @Override
    public boolean isPauseable() {
        return false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
