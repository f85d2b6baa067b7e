package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.HandlerTimeoutException;
import io.penstock.bus.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The rows to be handled with their events, and those that ended without. */
final class DeliveryUnit<T> {

    private static final Outcome NOT_READY = new Outcome.Released("another node put it off", Duration.ZERO);

    private final List<Claimed> rows;
    private final List<Event<T>> events;
    private final List<Ended> ended = new ArrayList<>(0);
    // Made when there is one: most units have none.
    private @Nullable Set<Long> heldKeys;
    private final Registered consumer;
    private final long openedAt = System.nanoTime();
    // Whether the handler was called: before that nothing is an attempt.
    private boolean attempted;

    DeliveryUnit(Registered consumer, int most) {
        this.consumer = consumer;
        this.rows = new ArrayList<>(most);
        this.events = new ArrayList<>(most);
    }

    /** One row whose event is not decoded yet. */
    static <T> DeliveryUnit<T> unopened(Registered consumer, Claimed row) {
        DeliveryUnit<T> unit = new DeliveryUnit<>(consumer, 1);
        unit.rows.add(row);
        return unit;
    }

    /** Whether an earlier row of its key ended here so that this one has to wait. */
    boolean holds(Claimed row) {
        return heldKeys != null && heldKeys.contains(row.keyHash());
    }

    long nanos() {
        return System.nanoTime() - openedAt;
    }

    List<Claimed> rows() {
        return rows;
    }

    List<Event<T>> events() {
        return events;
    }

    /** The rows that ended without the handler. */
    List<Ended> ended() {
        return ended;
    }

    boolean isAttempted() {
        return attempted;
    }

    /** From now on a failure is an attempt. */
    void attempt() {
        attempted = true;
    }

    /** The same with its rows marked as begun. */
    DeliveryUnit<T> mark() {
        DeliveryUnit<T> marked = new DeliveryUnit<>(consumer, rows.size());
        marked.ended.addAll(ended);
        for (int i = 0; i < rows.size(); i++) {
            marked.add(rows.get(i).mark(), events.get(i));
        }
        return marked;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    Event<T> event() {
        return events.get(0);
    }

    void add(Claimed row, Event<T> event) {
        rows.add(row);
        events.add(event);
    }

    void end(Claimed row, Outcome outcome) {
        Ended end = Ended.notAttempted(row, outcome);
        ended.add(end);
        if (consumer.isOrdered() && !end.letsKeyGoOn(consumer.deadHoldsKey())) {
            hold(row.keyHash());
        }
    }

    private void hold(long keyHash) {
        Set<Long> held = heldKeys == null ? new HashSet<>() : heldKeys;
        held.add(keyHash);
        heldKeys = held;
    }

    List<Ended> end(Function<Claimed, Ended> ending) {
        if (ended.isEmpty() && rows.size() == 1) {
            return List.of(ending.apply(rows.get(0)));
        }
        List<Ended> all = new ArrayList<>(ended.size() + rows.size());
        all.addAll(ended);
        rows.forEach(row -> all.add(ending.apply(row)));
        return all;
    }

    /** Without the rows that are not ready any more: those end as duplicates, or released if they are owed all the same. */
    DeliveryUnit<T> retain(Set<Long> owed, Set<Long> owedLater) {
        DeliveryUnit<T> left = new DeliveryUnit<>(consumer, rows.size());
        left.ended.addAll(ended);
        for (int i = 0; i < rows.size(); i++) {
            if (owed.contains(rows.get(i).seq())) {
                left.add(rows.get(i), events.get(i));
            } else {
                left.end(rows.get(i), owedLater.contains(rows.get(i).seq()) ? NOT_READY : Outcome.DUPLICATE);
            }
        }
        return left;
    }

    HandlerTimeoutException timedOut(String consumer, Duration timeout) {
        return new HandlerTimeoutException("Consumer '" + consumer + "' did not end within " + timeout + " for "
                + rows.get(0).event() + (rows.size() == 1 ? "" : " and " + (rows.size() - 1) + " more"));
    }
}
