package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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
        assertThat(new HeldPartitions(Set.of(1, 3), Set.of(3), later)
                        .after(before)
                        .gains())
                .isZero();
    }

    @Test
    void whatWasOverIsGainedAnew() {
        HeldPartitions over = new HeldPartitions(Set.of(1), Set.of(), System.nanoTime(), 7);

        assertThat(over.claimable()).isEmpty();
        assertThat(new HeldPartitions(Set.of(1), Set.of(), later).after(over)).satisfies(now -> {
            assertThat(now.gains()).isEqualTo(8);
            assertThat(now.claimable()).containsExactly(1);
        });
    }
}
