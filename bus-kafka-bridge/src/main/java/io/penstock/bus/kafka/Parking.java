package io.penstock.bus.kafka;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.InvalidEventException;
import io.penstock.bus.NeverRetryException;
import io.penstock.bus.RawJson;
import io.penstock.bus.RunningConsumer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes dead letters of the bus out of records: each becomes an event of a type of the bridge's own, whose one consumer
 * tries to read it again and gives up at once. So a letter is there until somebody decides, and a redrive after the
 * options were mended publishes what the record says.
 */
final class Parking implements Diversion {

    static final String TYPE_PREFIX = "penstock.kafka.unreadable.";
    private static final int AT_ONCE = 64;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final EventBus bus;
    private final RecordReader reader;
    private final String type;
    private final String consumer;
    private volatile @Nullable RunningConsumer running;
    private volatile boolean closed;

    Parking(EventBus bus, String ingress, RecordReader reader) {
        this.bus = bus;
        this.reader = reader;
        this.type = TYPE_PREFIX + ingress;
        this.consumer = ingress + "-unreadable";
    }

    static boolean isParked(Event<?> event) {
        return event.type().startsWith(TYPE_PREFIX);
    }

    @Override
    public Mono<Void> start() {
        return bus.subscribe(
                        ConsumerSpec.named(consumer).on(type).concurrency(1).handle(this::readAgain))
                .doOnNext(subscribed -> running = subscribed)
                .flatMap(subscribed -> closed ? subscribed.unsubscribe() : Mono.empty());
    }

    @Override
    public Mono<Void> divert(List<Diverted> records) {
        return Flux.fromIterable(records)
                .map(ParkedRecord::of)
                .flatMap(this::park, AT_ONCE)
                .then();
    }

    @Override
    public Mono<Void> close() {
        closed = true;
        RunningConsumer subscribed = running;
        return subscribed == null ? Mono.empty() : subscribed.unsubscribe();
    }

    /** A bus whose limit is too small for the record gets its coordinates. */
    private Mono<Void> park(ParkedRecord record) {
        return bus.publish(event(record))
                .onErrorResume(InvalidEventException.class, tooLarge -> bus.publish(event(record.coordinates())))
                .onErrorComplete(DuplicateEventException.class);
    }

    private Event<RawJson> event(ParkedRecord record) {
        return Event.builder(type, new RawJson(JSON.writeValueAsString(record)))
                .id(EventIdOf.parked(record.topic(), record.partition(), record.offset()))
                .header(BridgeHeaders.TOPIC, record.topic())
                .header(BridgeHeaders.POSITION, record.partition() + "@" + record.offset())
                .build();
    }

    private Mono<Void> readAgain(Event<RawJson> event) {
        ParkedRecord parked = parked(event);
        if (!parked.isWhole()) {
            return Mono.error(unreadable(parked, parked.reason() + " (only an excerpt of it is kept here)"));
        }
        Reading reading = reader.read(parked.record());
        if (reading instanceof Reading.OfEvent read) {
            return bus.publish(read.event())
                    .onErrorComplete(DuplicateEventException.class)
                    .onErrorMap(InvalidEventException.class, refused -> unreadable(parked, refused.getMessage()));
        }
        return reading instanceof Reading.Unreadable unreadable
                ? Mono.error(unreadable(parked, unreadable.reason()))
                : Mono.empty();
    }

    private static ParkedRecord parked(Event<RawJson> event) {
        try {
            return JSON.readValue(event.payload().text(), ParkedRecord.class);
        } catch (JacksonException e) {
            throw new NeverRetryException("Event " + event + " is no parked record", e);
        }
    }

    private static NeverRetryException unreadable(ParkedRecord parked, @Nullable String reason) {
        return new NeverRetryException("The record "
                + new RecordPosition(parked.topic(), parked.partition(), parked.offset()) + " is no event: " + reason);
    }
}
