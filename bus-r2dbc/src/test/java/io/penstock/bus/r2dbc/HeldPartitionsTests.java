package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What counts as a gain, so that it is read from the beginning. */
class HeldPartitionsTests {

    private final long later = System.nanoTime() + Duration.ofHours(1).toNanos();
    private final HeldPartitions before = new HeldPartitions(Set.of(1, 2), Set.of(2), later);

    @Test
    void anotherPartitionIsAGain() {
        assertThat(new HeldPartitions(Set.of(1, 3), Set.of(), later)
                        .after(before)
                        .gains())
                .isEqualTo(1);
    }

    @Test
    void aPartitionKeptAfterAllIsAGain() {
        assertThat(new HeldPartitions(Set.of(1, 2), Set.of(), later)
                        .after(before)
                        .gains())
                .isEqualTo(1);
    }

    @Test
    void theSameFewerOrDrainingOnesAreNone() {
        assertThat(new HeldPartitions(Set.of(1, 2), Set.of(2), later)
                        .after(before)
                        .gains())
                .isZero();
        assertThat(new HeldPartitions(Set.of(1), Set.of(1), later).after(before).gains())
                .isZero();
    }

    @Test
    void aRowThatWasReadBeforeItsPartitionWasLostIsNotHeldWhenThatComesBack() {
        HeldPartitions first = new HeldPartitions(Set.of(1, 2), Set.of(), later).after(HeldPartitions.NOTHING);
        HeldPartitions without = new HeldPartitions(Set.of(1), Set.of(), later).after(first);
        HeldPartitions again = new HeldPartitions(Set.of(1, 2), Set.of(2), later).after(without);

        assertThat(again.holds(row(1, first.gains()))).isTrue();
        assertThat(again.holds(row(2, first.gains()))).isFalse();
        assertThat(again.holds(row(2, again.gains()))).isTrue();
        assertThat(without.holds(row(2, first.gains()))).isFalse();
    }

    @Test
    void nothingStartsThatIsAboutToBeGivenBackOverOrNotThere() {
        HeldPartitions held = new HeldPartitions(Set.of(1, 2), Set.of(2), later);
        HeldPartitions over = new HeldPartitions(Set.of(1), Set.of(), System.nanoTime());

        assertThat(held.letsStart(row(1, 0))).isTrue();
        assertThat(held.letsStart(row(2, 0))).isFalse();
        assertThat(held.holds(row(2, 0))).isTrue();
        assertThat(held.letsStart(row(0, 0))).isFalse();
        assertThat(held.letsStart(row(3, 0))).isFalse();
        assertThat(over.letsStart(row(1, 0))).isFalse();
        assertThat(new HeldPartitions(Set.of(1, 2), Set.of(), later).after(held).letsStart(row(2, 0)))
                .as("read before it was to be given back, and kept after all: held all the time")
                .isTrue();
    }

    private static Claimed row(int partition, long gain) {
        return new Claimed(1, 1, partition, 0, null, false, false, 0, gain, Event.of("a.b", new RawJson("{}")));
    }

    @Test
    void whatWasOverIsGainedAnew() {
        HeldPartitions over = new HeldPartitions(Set.of(1), Set.of(), System.nanoTime(), 7, Map.of());

        assertThat(over.claimable()).isEmpty();
        assertThat(new HeldPartitions(Set.of(1), Set.of(), later).after(over)).satisfies(now -> {
            assertThat(now.gains()).isEqualTo(8);
            assertThat(now.claimable()).containsExactly(1);
        });
    }
}
