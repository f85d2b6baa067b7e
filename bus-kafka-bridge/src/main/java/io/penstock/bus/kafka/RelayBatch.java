package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.PostponeException;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The events of one batch in lanes, one for each key. A wave takes the first of each lane; the next of a lane follows
 * only when the one before is on the topic, and none does once one has failed. Not thread-safe.
 */
final class RelayBatch {

    private static final Duration AT_ONCE = Duration.ofMillis(1);

    private final Map<Object, Queue<Outgoing>> lanes = new LinkedHashMap<>();
    private final Set<Object> broken = new HashSet<>();
    private final Set<String> topics = new HashSet<>();
    private final Map<UUID, Throwable> failures = new HashMap<>();

    void add(Event<RawJson> event, ProducerRecord<byte[], byte[]> record) {
        Object lane = laneOf(event);
        if (broken.contains(lane)) {
            failures.put(event.id(), behind());
        } else {
            topics.add(record.topic());
            lanes.computeIfAbsent(lane, key -> new ArrayDeque<>()).add(new Outgoing(event, record));
        }
    }

    /** Adds an event of which no record can be made; what came before it in its lane is sent all the same. */
    void addFailed(Event<RawJson> event, Throwable error) {
        failures.put(event.id(), broken.add(laneOf(event)) ? error : behind());
    }

    Set<String> topics() {
        return topics;
    }

    boolean hasMore() {
        return !lanes.isEmpty();
    }

    /** The first of each lane; it stays there until it has {@link #sent} or {@link #failed}. */
    List<Outgoing> wave() {
        List<Outgoing> wave = new ArrayList<>(lanes.size());
        lanes.values().forEach(lane -> wave.add(lane.element()));
        return wave;
    }

    void sent(Outgoing outgoing) {
        Object key = laneOf(outgoing.event());
        Queue<Outgoing> lane = lanes.get(key);
        if (lane != null) {
            lane.remove();
            if (lane.isEmpty()) {
                lanes.remove(key);
            }
        }
    }

    void failed(Outgoing outgoing, Throwable error) {
        Queue<Outgoing> lane = lanes.remove(laneOf(outgoing.event()));
        if (lane != null) {
            lane.remove();
            lane.forEach(later -> failures.put(later.event().id(), behind()));
        }
        failures.put(outgoing.event().id(), error);
    }

    /** Gives up, for now, what is still in its lane. */
    void leave(String reason) {
        for (Iterator<Queue<Outgoing>> left = lanes.values().iterator(); left.hasNext(); left.remove()) {
            left.next()
                    .forEach(outgoing -> failures.put(outgoing.event().id(), new PostponeException(reason, AT_ONCE)));
        }
    }

    /** Why events are not on their topics, by their id. */
    Map<UUID, Throwable> failures() {
        return failures;
    }

    private static Throwable behind() {
        return new PostponeException("an earlier event of its key is not on the topic", AT_ONCE);
    }

    /** An event without a key has no order, and so a lane of its own. */
    private static Object laneOf(Event<RawJson> event) {
        String key = event.key();
        return key != null ? key : event.id();
    }

    record Outgoing(Event<RawJson> event, ProducerRecord<byte[], byte[]> record) {}
}
