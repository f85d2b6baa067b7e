package io.penstock.crash;

import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.PublishOutcomeUnknownException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Publishes from within a node and tells of each event before it is sent and when its outcome is known. Its keys are its
 * own, and the events of a key do not overlap.
 */
final class NodePublisher {

    private static final int KEYS = 4;

    private final EventBus bus;
    private final String node;

    NodePublisher(EventBus bus, String node) {
        this.bus = bus;
        this.node = node;
    }

    void publish(int events) {
        Flux.range(0, KEYS)
                .flatMap(key -> Flux.range(0, events / KEYS).concatMap(n -> publish(node + "-" + key)))
                .then(Mono.fromRunnable(() -> Tell.line("published")))
                .subscribe();
    }

    private Mono<Void> publish(String key) {
        return Mono.defer(() -> {
            Event<Work> event = Event.builder(Work.PLAIN).key(key).build();
            Tell.line("invoke " + event.id() + " " + key);
            return bus.publish(event)
                    .doOnSuccess(done -> Tell.line("ok " + event.id()))
                    .onErrorResume(error -> {
                        boolean unknown = error instanceof PublishOutcomeUnknownException;
                        Tell.line((unknown ? "unknown " : "fail ") + event.id());
                        return Mono.empty();
                    });
        });
    }
}
