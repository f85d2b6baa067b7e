package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the records of one poll turned out to be, each list in their order. */
record PolledEvents(Polled polled, List<Readable> readable, List<Diverted> unreadable, List<Diverted> ignored) {

    static PolledEvents read(Polled polled, RecordReader reader) {
        PolledEvents events = new PolledEvents(polled, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        polled.records().forEach(record -> events.add(record, reader.read(record)));
        return events;
    }

    private void add(ConsumerRecord<byte[], byte[]> record, Reading reading) {
        if (reading instanceof Reading.OfEvent read) {
            readable.add(new Readable(record, read.event(), read.curtailed()));
        } else if (reading instanceof Reading.Unreadable found) {
            unreadable.add(new Diverted(record, found.reason()));
        } else if (reading instanceof Reading.Ignored found) {
            ignored.add(new Diverted(record, found.reason()));
        }
    }

    record Readable(ConsumerRecord<byte[], byte[]> record, Event<RawJson> event, Set<String> curtailed) {}
}
