package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.Outcome;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Random deliveries through Window, KeyLanes and Units, against a table that stands for the inbox. */
class KeyLanesTests {

    @Test
    void aRowThatGoesAloneNeverRunsBesideAnEarlierOneOfItsKey() {
        KeyLanes lanes = new KeyLanes(10, 10);
        Units units = new Units(10);

        lanes.admit(row(1, 7, 0), units);
        lanes.admit(row(2, 7, 1), units);

        assertThat(units.close()).hasSize(1);
        assertThat(lanes.advance(7)).extracting(Claimed::seq).containsExactly(2L);
    }

    @RepeatedTest(100)
    void orderPerKeyIsKeptNothingIsLostAndTheCapacityHolds() {
        long seed = new Random().nextLong();
        try {
            new Model(new Random(seed)).run();
        } catch (Throwable failed) {
            throw new AssertionError("seed " + seed, failed);
        }
    }

    private static Claimed row(long seq, long key, int attempts) {
        return new Claimed(seq, key, 0, attempts, null, false, false, 0, 0, Event.of("a.b", new RawJson("{}")));
    }

    /** The inbox as a sorted map; what runs; and what has to hold after each step. */
    private static final class Model {

        private final Random random;
        private final int unitSize;
        private final int capacity;
        private final Window window;
        private final TreeMap<Long, Claimed> ready = new TreeMap<>();
        private final TreeMap<Long, Claimed> later = new TreeMap<>();
        private final List<List<Claimed>> running = new ArrayList<>();
        private final List<List<Ended>> settling = new ArrayList<>();
        private final Map<Long, Long> lastDone = new HashMap<>();
        // Transactions that have a position and have not committed, by their number.
        private final TreeMap<Long, Claimed> open = new TreeMap<>();
        private long xid = 1;
        private final int keys;
        private int toPublish;
        private long seq;

        Model(Random random) {
            this.random = random;
            boolean batch = random.nextBoolean();
            this.unitSize = batch ? 1 + random.nextInt(5) : 1;
            this.keys = 1 + random.nextInt(6);
            this.toPublish = 50 + random.nextInt(300);
            int concurrency = 1 + random.nextInt(4);
            int prefetch = random.nextInt(20);
            this.capacity = concurrency * unitSize + prefetch;
            ConsumerSpec.Builder<?> builder = ConsumerSpec.named("c")
                    .on("*")
                    .ordered()
                    .concurrency(concurrency)
                    .prefetch(prefetch);
            this.window = new Window(new Registered(
                    1,
                    batch
                            ? builder.batchSize(unitSize).handleBatch(events -> Mono.empty())
                            : builder.handle(event -> Mono.empty()),
                    false));
        }

        void run() {
            int steps = 0;
            while (toPublish > 0 || !ready.isEmpty() || !later.isEmpty() || !open.isEmpty()) {
                assertThat(steps++).as("steps without an end").isLessThan(200_000);
                step();
                int handled = settling.stream().mapToInt(List::size).sum();
                assertThat(window.size()).isLessThanOrEqualTo(capacity + Math.min(handled, capacity / 2));
                assertOneUnitPerKey();
            }
        }

        private void step() {
            switch (random.nextInt(7)) {
                case 0 -> publish();
                case 1, 2 -> claim();
                case 3 -> end();
                case 4 -> begin();
                case 5 -> commit();
                default -> {
                    if (settling.isEmpty() || random.nextInt(3) == 0) {
                        promote();
                    } else {
                        List<Ended> ended = settling.remove(0);
                        window.settled(ended);
                    }
                }
            }
        }

        /** A transaction takes a position; others of its key wait for its end, as a lock on the aggregate makes them. */
        private void begin() {
            long key = random.nextInt(keys);
            if (toPublish > 0 && !isOpen(key)) {
                toPublish--;
                open.put(xid++, row(++seq, key, 0));
            }
        }

        /** Every second one tells nobody; then the poll does, now and then. */
        private void commit() {
            if (open.isEmpty() || random.nextInt(4) == 0) {
                if (!ready.isEmpty() && random.nextInt(4) == 0) {
                    window.hint(ready.firstKey());
                }
                return;
            }
            List<Long> xids = List.copyOf(open.keySet());
            Claimed committed = open.remove(xids.get(random.nextInt(xids.size())));
            ready.put(committed.seq(), committed);
            if (random.nextBoolean()) {
                window.hint(committed.seq());
            }
        }

        private boolean isOpen(long key) {
            return open.values().stream().anyMatch(row -> row.keyHash() == key);
        }

        private void publish() {
            int count = Math.min(toPublish, 1 + random.nextInt(20));
            toPublish -= count;
            long first = seq + 1;
            for (int i = 0; i < count; i++) {
                // One key is hot.
                long key = random.nextInt(3) > 0 ? 0 : random.nextInt(keys);
                if (isOpen(key)) {
                    toPublish++;
                } else {
                    ready.put(++seq, row(seq, key, 0));
                }
            }
            xid++;
            if (count > 0) {
                window.hint(first);
            }
        }

        /** As the database does: a key with a failed row in wait gives no later one. */
        private void claim() {
            Claims.Range range = window.next();
            if (range == null) {
                return;
            }
            Set<Long> without = new HashSet<>(List.of(range.without()));
            Set<Long> only = Set.of(range.onlyKeys());
            Set<Long> except = Set.of(range.exceptKeys());
            List<Claimed> rows = ready.tailMap(range.above(), false).values().stream()
                    .filter(row -> !without.contains(row.seq()))
                    .filter(row -> only.isEmpty() || only.contains(row.keyHash()))
                    .filter(row -> !except.contains(row.keyHash()))
                    .limit(range.limit())
                    .map(this::blockedOrNot)
                    .toList();
            running.addAll(
                    window.admit(range, RangeReading.Page.of(rows, open.isEmpty() ? xid : open.firstKey(), xid++)));
        }

        private Claimed blockedOrNot(Claimed row) {
            boolean blocked = later.values().stream()
                    .anyMatch(failed -> failed.keyHash() == row.keyHash() && failed.seq() < row.seq());
            return new Claimed(row.seq(), row.keyHash(), 0, row.attempts(), null, blocked, false, 0, 0, row.event());
        }

        private void end() {
            if (running.isEmpty()) {
                return;
            }
            List<Claimed> unit = running.remove(random.nextInt(running.size()));
            boolean fails = random.nextInt(8) == 0;
            Set<Long> failedKeys = new HashSet<>();
            List<Ended> ended = new ArrayList<>();
            for (Claimed row : unit) {
                ended.add(fails ? failed(row, failedKeys) : done(row));
            }
            running.addAll(window.advance(ended));
            settling.add(ended);
        }

        private Ended done(Claimed row) {
            assertThat(row.seq()).as("order of key").isGreaterThan(lastDone.getOrDefault(row.keyHash(), 0L));
            lastDone.put(row.keyHash(), row.seq());
            assertThat(ready.remove(row.seq())).as("delivered once").isNotNull();
            return Ended.attempted(row, Outcome.COMPLETED, 1);
        }

        private Ended failed(Claimed row, Set<Long> failedKeys) {
            if (!failedKeys.add(row.keyHash())) {
                return Ended.notAttempted(row, new Outcome.Released("behind", Duration.ZERO));
            }
            ready.remove(row.seq());
            later.put(row.seq(), row(row.seq(), row.keyHash(), row.attempts() + 1));
            return Ended.attempted(row, new Outcome.Retry(Duration.ZERO, null, new IllegalStateException()), 1);
        }

        private void promote() {
            if (!later.isEmpty()) {
                window.hint(later.firstKey());
                ready.putAll(later);
                later.clear();
            }
        }

        private void assertOneUnitPerKey() {
            Set<Long> seen = new HashSet<>();
            for (List<Claimed> unit : running) {
                Set<Long> own = new HashSet<>();
                unit.forEach(row -> own.add(row.keyHash()));
                assertThat(unit.size()).isBetween(1, unitSize);
                assertThat(seen).as("keys running twice").doesNotContainAnyElementsOf(own);
                seen.addAll(own);
            }
        }
    }
}
