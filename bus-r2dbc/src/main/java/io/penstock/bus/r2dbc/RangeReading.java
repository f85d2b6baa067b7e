package io.penstock.bus.r2dbc;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Readable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes the rows of one range as they arrive, by the columns of {@link Claims}. What is known of the transactions comes
 * with each of them and is the same. Used by one thread at a time.
 *
 * <p>Design note: of a consumer that is not ordered, rows are handed over while others are on their way. Its handlers
 * work meanwhile instead of after that, on what is in a processor's cache still. The reading waits for none
 * of them, so its connection is not held by a handler.
 */
final class RangeReading {

    // With fewer, threads wake each other more.
    private static final int LEAST_EARLY = 256;
    private static final long FARTHEST_EXPIRY_MILLIS = TimeUnit.DAYS.toMillis(365);

    private final Registered consumer;
    private final boolean along;
    private final long gain;
    private final Usual usual;
    private final Consumer<List<Claimed>> early;
    private final int atOnce;
    private List<Claimed> rows = new ArrayList<>();
    private long first;
    private @Nullable Claimed last;
    private int count;
    private long xmin;
    private long ownXid;
    private boolean ends;

    /** @param along whether the rows say that nothing is ready beyond */
    RangeReading(Registered consumer, boolean along, long gain, Usual usual, Consumer<List<Claimed>> early) {
        this.consumer = consumer;
        this.along = along;
        this.gain = gain;
        this.usual = usual;
        this.early = early;
        this.atOnce = rowsAtOnce(consumer);
    }

    /** So many that no batch is cut short by being handed over, unless one of them goes alone. */
    static int rowsAtOnce(Registered consumer) {
        int size = consumer.unitSize();
        return consumer.isOrdered() ? Integer.MAX_VALUE : (LEAST_EARLY + size - 1) / size * size;
    }

    Usual usual() {
        return usual;
    }

    /** What the last row has. */
    Usual usualNext() {
        return last == null
                ? usual
                : new Usual(
                        last.event().type(),
                        Objects.requireNonNullElse(last.event().source(), ""));
    }

    /** What was read, when the last row has arrived. */
    Page page() {
        return new Page(rows, count, first, last == null ? 0 : last.seq(), xmin, ownXid, ends);
    }

    /** To be called with each row as it arrives. */
    Claimed claimed(Readable row) {
        if (count == 0 && consumer.isOrdered()) {
            xmin = Rows.required(row, 19, Long.class);
            ownXid = Rows.required(row, 20, Long.class);
        } else if (count == 0 && along) {
            ends = row.get(17, Boolean.class) != null;
        }
        Claimed claimed = read(row);
        first = last == null || claimed.seq() < first ? claimed.seq() : first;
        last = last == null || last.seq() < claimed.seq() ? claimed : last;
        count++;
        rows.add(claimed);
        if (rows.size() == atOnce) {
            handOver();
        }
        return claimed;
    }

    private void handOver() {
        List<Claimed> arrived = rows;
        rows = new ArrayList<>(atOnce);
        early.accept(arrived);
    }

    private Claimed read(Readable row) {
        boolean byKey = consumer.isOrdered();
        long keyHash = Rows.required(row, 1, Long.class);
        return new Claimed(
                Rows.required(row, 0, Long.class),
                keyHash,
                consumer.partitionOf(keyHash),
                (int) Rows.number(row, 2),
                expiry(row.get(4, Long.class)),
                byKey && row.get(17) != null,
                byKey && row.get(18) != null,
                (int) Rows.number(row, 3),
                gain,
                event(row));
    }

    private Event<RawJson> event(Readable row) {
        return Rows.event(
                row,
                5,
                Objects.requireNonNullElse(row.get(6, String.class), usual.type()),
                Objects.requireNonNullElse(row.get(8, String.class), usual.source()));
    }

    /** The database's clock says how long there is left; the node's monotonic clock counts it down from here. */
    private static @Nullable Long expiry(@Nullable Long inMillis) {
        return inMillis == null
                ? null
                : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.min(inMillis, FARTHEST_EXPIRY_MILLIS));
    }

    /**
     * What a range had. The numbers of transactions are 0 for consumers that are not ordered, which need none.
     *
     * @param rows those that were not handed over before
     * @param count of all
     * @param first position; 0: there was none
     * @param last position, in the same way
     * @param xmin all transactions before this one had ended
     * @param ownXid the reading's own number, taken after its snapshot: whoever published what it saw, or has a position
     *     below that, had a lower one
     * @param ends whether it is known that nothing is ready beyond the range; only of one read along the outbox
     */
    record Page(List<Claimed> rows, int count, long first, long last, long xmin, long ownXid, boolean ends) {

        /** None of which was handed over before. */
        static Page of(List<Claimed> rows, long xmin, long ownXid) {
            long first = rows.isEmpty() ? 0 : rows.get(0).seq();
            long last = rows.isEmpty() ? 0 : rows.get(rows.size() - 1).seq();
            return new Page(rows, rows.size(), first, last, xmin, ownXid, false);
        }
    }

    /** What most events have, so that it need not be sent with each. */
    record Usual(String type, String source) {

        static final Usual NOTHING = new Usual("", "");
    }
}
