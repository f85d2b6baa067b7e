package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Tells the application's listeners on a thread of their own, in order, and keeps what they throw away from the bridge.
 * One that does not return holds up nobody: what it has not heard of by then is dropped.
 */
final class GuardedListener implements KafkaBridgeListener {

    private static final Logger LOG = LoggerFactory.getLogger(GuardedListener.class);
    private static final int MOST_UNTOLD = 10_000;
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final List<KafkaBridgeListener> listeners;
    private final Scheduler thread;

    private GuardedListener(List<KafkaBridgeListener> listeners, Scheduler thread) {
        this.listeners = listeners;
        this.thread = thread;
    }

    /** @param name that of the relay or ingress */
    static GuardedListener of(String name, KafkaBridgeListener first, KafkaBridgeListener... more) {
        List<KafkaBridgeListener> all = new ArrayList<>(List.of(more));
        all.add(0, first);
        return new GuardedListener(all, Schedulers.newBoundedElastic(1, MOST_UNTOLD, name + "-tell", 60, true));
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

    @Override
    public void relayed(String relay, int records, Duration sending) {
        tell(listener -> listener.relayed(relay, records, sending));
    }

    @Override
    public void refused(String relay, Event<?> event, String topic, Throwable error) {
        tell(listener -> listener.refused(relay, event, topic, error));
    }

    @Override
    public void passedOver(String relay, Event<?> event) {
        tell(listener -> listener.passedOver(relay, event));
    }

    @Override
    public void outage(String relay, String topic, Throwable error, Duration pause) {
        tell(listener -> listener.outage(relay, topic, error, pause));
    }

    @Override
    public void recovered(String relay, String topic) {
        tell(listener -> listener.recovered(relay, topic));
    }

    @Override
    public void lag(String relay, long events, Duration oldest) {
        tell(listener -> listener.lag(relay, events, oldest));
    }

    @Override
    public void ingested(String ingress, int events, int duplicates, Duration storing) {
        tell(listener -> listener.ingested(ingress, events, duplicates, storing));
    }

    @Override
    public void diverted(String ingress, RecordPosition position, String reason) {
        tell(listener -> listener.diverted(ingress, position, reason));
    }

    @Override
    public void ignored(String ingress, RecordPosition position, String reason) {
        tell(listener -> listener.ignored(ingress, position, reason));
    }

    @Override
    public void curtailed(String ingress, RecordPosition position, Collection<String> headers) {
        tell(listener -> listener.curtailed(ingress, position, headers));
    }

    @Override
    public void assigned(String ingress, Collection<String> partitions) {
        tell(listener -> listener.assigned(ingress, partitions));
    }

    @Override
    public void revoked(String ingress, Collection<String> partitions) {
        tell(listener -> listener.revoked(ingress, partitions));
    }

    @Override
    public void paused(String ingress) {
        tell(listener -> listener.paused(ingress));
    }

    @Override
    public void failed(String name, String step, Throwable error) {
        tell(listener -> listener.failed(name, step, error));
    }

    private void tell(Consumer<KafkaBridgeListener> call) {
        try {
            thread.schedule(() -> listeners.forEach(listener -> guard(listener, call)));
        } catch (RuntimeException full) {
            LOG.debug("The listeners of the bridge are not told: they have not returned, or it is closed", full);
        }
    }

    private static void guard(KafkaBridgeListener listener, Consumer<KafkaBridgeListener> call) {
        try {
            call.accept(listener);
        } catch (Throwable thrown) {
            LOG.debug("A listener of the bridge threw", thrown);
        }
    }
}
