package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Tells the application's listeners, each on a thread of its own. One that does not return holds up neither the bridge
 * nor the others.
 */
final class GuardedListener implements KafkaBridgeListener {

    private final List<Teller> tellers;

    private GuardedListener(List<Teller> tellers) {
        this.tellers = tellers;
    }

    /** @param name that of the relay or ingress */
    static GuardedListener of(String name, KafkaBridgeListener first, KafkaBridgeListener... more) {
        return new GuardedListener(Stream.concat(Stream.of(first), Stream.of(more))
                .map(listener -> new Teller(name, listener))
                .toList());
    }

    /** Completes when all have been told all, or after a second. */
    Mono<Void> close() {
        return Flux.fromIterable(tellers)
                .flatMap(Teller::close, Integer.MAX_VALUE)
                .then();
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
        tellers.forEach(teller -> teller.tell(call));
    }
}
