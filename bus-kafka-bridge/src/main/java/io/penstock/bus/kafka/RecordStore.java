package io.penstock.bus.kafka;

import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/** Stores the records of one poll: read each, publish what is an event, divert what is none. */
final class RecordStore {

    private final String ingress;
    private final EventBus bus;
    private final RecordReader reader;
    private final Diversion diversion;
    private final KafkaBridgeListener listener;

    RecordStore(String ingress, EventBus bus, RecordReader reader, Diversion diversion, KafkaBridgeListener listener) {
        this.ingress = ingress;
        this.bus = bus;
        this.reader = reader;
        this.diversion = diversion;
        this.listener = listener;
    }

    /** Emits once every record is committed or safe elsewhere; harmless to repeat after an error. */
    Mono<Boolean> store(ConsumerRecords<byte[], byte[]> records) {
        return Mono.fromCallable(Poll::new)
                .delayUntil(poll -> publish(records, poll))
                .delayUntil(this::divert)
                .doOnNext(Poll::tell)
                .thenReturn(true);
    }

    /** Records are read while those before them are being written. */
    private Mono<Void> publish(ConsumerRecords<byte[], byte[]> records, Poll poll) {
        return bus.publishAll(Flux.fromIterable(records)
                        .<Event<RawJson>>handle((record, events) -> read(record, poll, events)))
                .doOnNext(poll::published)
                .then();
    }

    private void read(ConsumerRecord<byte[], byte[]> record, Poll poll, SynchronousSink<Event<RawJson>> events) {
        Reading reading = reader.read(record);
        if (reading instanceof Reading.OfEvent read) {
            poll.publishing.add(record);
            events.next(read.event());
        } else if (reading instanceof Reading.Unreadable unreadable) {
            poll.diverted.add(new Diverted(record, unreadable.reason()));
        } else if (reading instanceof Reading.Ignored ignored) {
            listener.ignored(ingress, Diverted.positionOf(record), ignored.reason());
        }
    }

    private Mono<Void> divert(Poll poll) {
        return poll.diverted.isEmpty() ? Mono.empty() : diversion.divert(List.copyOf(poll.diverted));
    }

    /** The records of one poll on their way. Results come on other threads than records are read on. */
    private final class Poll {

        private final long startedAt = System.nanoTime();
        private final Queue<ConsumerRecord<byte[], byte[]>> publishing = new ConcurrentLinkedQueue<>();
        private final Queue<Diverted> diverted = new ConcurrentLinkedQueue<>();
        private int stored;
        private int duplicates;

        /** Results come in the order of the events. */
        void published(PublishResult result) {
            ConsumerRecord<byte[], byte[]> record = publishing.remove();
            Throwable error = result.error();
            if (error == null) {
                stored++;
            } else if (error instanceof DuplicateEventException) {
                duplicates++;
            } else {
                diverted.add(new Diverted(record, String.valueOf(error.getMessage())));
            }
        }

        void tell() {
            listener.ingested(ingress, stored, duplicates, Duration.ofNanos(System.nanoTime() - startedAt));
            diverted.forEach(record -> listener.diverted(ingress, record.position(), record.reason()));
        }
    }
}
