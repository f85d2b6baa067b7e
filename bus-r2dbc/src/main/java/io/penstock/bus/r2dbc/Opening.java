package io.penstock.bus.r2dbc;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.EventCodec;
import io.penstock.bus.EventExpiredException;
import io.penstock.bus.HandlerNeverEndedException;
import io.penstock.bus.Outcome;
import io.penstock.bus.PayloadDecodingException;
import io.penstock.bus.UnknownEventTypeException;
import java.time.Duration;
import java.util.List;

/** Makes what a handler gets of rows, or ends them where it is to get nothing: admit and decode. */
final class Opening<T> {

    static final Outcome NOT_OURS = new Outcome.Released("this node does not deliver it any more", Duration.ZERO);
    private static final Duration UNKNOWN_TYPE_PAUSE = Duration.ofSeconds(5);

    private final Registered consumer;
    private final ConsumerSpec<T> spec;
    private final EventCodec codec;
    private final Ownership ownership;

    Opening(Registered consumer, ConsumerSpec<T> spec, EventCodec codec, Ownership ownership) {
        this.consumer = consumer;
        this.spec = spec;
        this.codec = codec;
        this.ownership = ownership;
    }

    /** Whether there is something to handle, as far as it can be told without code of the application's. */
    boolean mayOpen(Claimed row) {
        return ownership.mayStart(row)
                && !row.isExpired()
                && spec.payloadOf(row.event().type()) != null;
    }

    /** To be called on a handler's thread: codecs and payloads are the application's. */
    DeliveryUnit<T> open(List<Claimed> rows) {
        DeliveryUnit<T> unit = new DeliveryUnit<>(consumer, rows.size());
        rows.forEach(row -> open(row, unit));
        return unit;
    }

    private void open(Claimed row, DeliveryUnit<T> unit) {
        if (!ownership.mayStart(row)) {
            unit.end(row, NOT_OURS);
        } else if (unit.holds(row)) {
            unit.end(row, Failures.BEHIND);
        } else if (row.begun() > 1 && row.failures() >= spec.options().retry().maxAttempts()) {
            unit.end(row, new Outcome.Dead(neverEnded(row)));
        } else if (row.isExpired()) {
            unit.end(
                    row,
                    new Outcome.Dead(new EventExpiredException("Event " + row.event() + " expired at "
                            + row.event().expiresAt() + " before it was delivered")));
        } else {
            decode(row, unit);
        }
    }

    private HandlerNeverEndedException neverEnded(Claimed row) {
        return new HandlerNeverEndedException("Consumer '" + spec.name() + "' began " + row.event() + " "
                + (row.begun() - 1) + " times by itself, and each time its node died before the handler ended");
    }

    private void decode(Claimed row, DeliveryUnit<T> unit) {
        Class<? extends T> target = spec.payloadOf(row.event().type());
        if (target == null) {
            unit.end(row, new Outcome.Released("no handler for its type here", UNKNOWN_TYPE_PAUSE));
            return;
        }
        try {
            unit.add(
                    row,
                    row.event()
                            .<T>withPayload(codec.decode(row.event(), target))
                            .build());
        } catch (UnknownEventTypeException e) {
            unit.end(row, new Outcome.Released(String.valueOf(e.getMessage()), UNKNOWN_TYPE_PAUSE));
        } catch (PayloadDecodingException e) {
            unit.end(row, new Outcome.Dead(e));
        } catch (Throwable e) {
            // A codec or a payload class may throw anything, and Reactor would let some errors pass by all operators.
            unit.end(row, new Outcome.Dead(new PayloadDecodingException("The codec failed on " + row.event(), e)));
        }
    }
}
