package io.penstock.bus.spring;

import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

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

    BusLifecycle(R2dbcEventBus bus, Duration startTimeout) {
        this.bus = bus;
        this.startTimeout = startTimeout;
    }

    @Override
    public void start() {
        bus.start().block(startTimeout);
        running = true;
    }

    @Override
    public void stop() {
        bus.close().block();
        running = false;
    }

    @Override
    public void stop(Runnable stopped) {
        bus.close().doFinally(end -> running = false).subscribe(null, error -> stopped.run(), stopped);
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
