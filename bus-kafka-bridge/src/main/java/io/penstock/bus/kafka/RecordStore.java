package io.penstock.bus.kafka;

import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.PublishResult;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Stores the records of one poll: read each, publish the events, divert what is none. */
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
        long startedAt = System.nanoTime();
        return Mono.fromCallable(() -> read(records))
                .delayUntil(this::publish)
                .delayUntil(this::divert)
                .doOnNext(poll -> poll.tell(Duration.ofNanos(System.nanoTime() - startedAt)))
                .thenReturn(true);
    }

    private Poll read(ConsumerRecords<byte[], byte[]> records) {
        Poll poll = new Poll();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Reading reading = reader.read(record);
            if (reading instanceof Reading.OfEvent read) {
                poll.records.add(record);
                poll.events.add(read.event());
            } else if (reading instanceof Reading.Unreadable unreadable) {
                poll.diverted.add(new Diverted(record, unreadable.reason()));
            } else if (reading instanceof Reading.Ignored ignored) {
                listener.ignored(ingress, Diverted.positionOf(record), ignored.reason());
            }
        }
        return poll;
    }

    private Mono<Void> publish(Poll poll) {
        return poll.events.isEmpty()
                ? Mono.empty()
                : bus.publishAll(Flux.fromIterable(poll.events))
                        .index()
                        .doOnNext(result -> poll.published((int) (long) result.getT1(), result.getT2()))
                        .then();
    }

    private Mono<Void> divert(Poll poll) {
        return poll.diverted.isEmpty() ? Mono.empty() : diversion.divert(poll.diverted);
    }

    /** The records of one poll on their way. */
    private final class Poll {

        private final List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        private final List<Event<RawJson>> events = new ArrayList<>();
        private final List<Diverted> diverted = new ArrayList<>();
        private int stored;
        private int duplicates;

        void published(int position, PublishResult result) {
            if (result.isStored()) {
                stored++;
            } else if (result.error() instanceof DuplicateEventException) {
                duplicates++;
            } else {
                diverted.add(new Diverted(records.get(position), reason(result)));
            }
        }

        private static String reason(PublishResult result) {
            Throwable error = result.error();
            return error == null ? "" : String.valueOf(error.getMessage());
        }

        void tell(Duration storing) {
            listener.ingested(ingress, stored, duplicates, storing);
            diverted.forEach(record -> listener.diverted(ingress, record.position(), record.reason()));
        }
    }
}
