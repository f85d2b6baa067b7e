package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A payload that says which key it belongs to and its place there, and a log of what was handled, by key. */
record Keyed(String key, int place) {

    static final String TYPE = "thing.moved";

    static Event<Keyed> event(String key, int place) {
        return builder(key, place).build();
    }

    static Event.Builder<Keyed> builder(String key, int place) {
        return Event.builder(TYPE, new Keyed(key, place)).key(key);
    }

    /** The events of a key, at the places from a first to a last. */
    static Stream<Event<Keyed>> events(String key, int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(place -> event(key, place));
    }

    /** What was handled, in order, by key. Thread-safe. */
    static final class Log {

        final Map<String, Queue<Integer>> places = new ConcurrentHashMap<>();

        void add(Keyed handled) {
            places.computeIfAbsent(handled.key(), key -> new ConcurrentLinkedQueue<>())
                    .add(handled.place());
        }

        Queue<Integer> of(String key) {
            return places.getOrDefault(key, new ConcurrentLinkedQueue<>());
        }
    }
}
