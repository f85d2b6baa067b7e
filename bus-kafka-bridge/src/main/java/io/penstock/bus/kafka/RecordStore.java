package io.penstock.bus.kafka;

import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.EventBus;
import io.penstock.bus.PublishResult;
import io.penstock.bus.kafka.PolledEvents.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Stores what one poll brought: publishes the events, diverts what is none. */
final class RecordStore {

    private final String ingress;
    private final EventBus bus;
    private final Diversion diversion;
    private final KafkaBridgeListener listener;
    private final Scheduler threads;

    /** @param threads where the bus asks for events and tells of them: it does so on the driver's */
    RecordStore(String ingress, EventBus bus, Diversion diversion, KafkaBridgeListener listener, Scheduler threads) {
        this.ingress = ingress;
        this.bus = bus;
        this.diversion = diversion;
        this.listener = listener;
        this.threads = threads;
    }

    /** Emits once every record is committed or safe elsewhere; harmless to repeat after an error. */
    Mono<Boolean> store(PolledEvents events) {
        return Mono.fromCallable(() -> new Stored(events))
                .delayUntil(this::publish)
                .publishOn(threads)
                .delayUntil(this::divert)
                .doOnNext(Stored::tell)
                .thenReturn(true);
    }

    private Mono<Void> publish(Stored stored) {
        return bus.publishAll(Flux.fromIterable(stored.events.readable())
                        .map(Readable::event)
                        .publishOn(threads))
                .doOnNext(stored::published)
                .then();
    }

    private Mono<Void> divert(Stored stored) {
        return stored.diverted.isEmpty() ? Mono.empty() : diversion.divert(stored.diverted);
    }

    /** The counts of one attempt. */
    private final class Stored {

        private final long startedAt = System.nanoTime();
        private final PolledEvents events;
        private final Iterator<Readable> unanswered;
        private final List<Diverted> diverted;
        private int stored;
        private int duplicates;

        Stored(PolledEvents events) {
            this.events = events;
            this.unanswered = events.readable().iterator();
            this.diverted = new ArrayList<>(events.unreadable());
        }

        /** Results come in the order of the events. */
        void published(PublishResult result) {
            Readable read = unanswered.next();
            Throwable error = result.error();
            if (error == null) {
                stored++;
            } else if (error instanceof DuplicateEventException) {
                duplicates++;
            } else {
                diverted.add(new Diverted(read.record(), String.valueOf(error.getMessage())));
            }
        }

        void tell() {
            Duration storing = Duration.ofNanos(System.nanoTime() - startedAt);
            listener.ingested(ingress, stored, duplicates, storing);
            diverted.forEach(record -> listener.diverted(ingress, record.position(), record.reason()));
            events.ignored().forEach(record -> listener.ignored(ingress, record.position(), record.reason()));
            events.readable().stream()
                    .filter(read -> !read.curtailed().isEmpty())
                    .forEach(read -> listener.curtailed(ingress, Diverted.positionOf(read.record()), read.curtailed()));
        }
    }
}
