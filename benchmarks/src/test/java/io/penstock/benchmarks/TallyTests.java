package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TallyTests {

    @Test
    void eachOnceIsFine() throws Exception {
        Tally tally = new Tally(2);
        tally.handled(0);
        tally.handled(1);

        tally.await(Duration.ZERO);
        tally.requireEachOnce();
    }

    @Test
    void aLossIsNot() {
        Tally tally = new Tally(2);
        tally.handled(1);

        assertThatThrownBy(tally::requireEachOnce).hasMessageContaining("1 of 2 events were not handled");
    }

    @Test
    void norIsARepetition() {
        Tally tally = new Tally(1);
        assertThat(tally.handled(0)).isTrue();
        assertThat(tally.handled(0)).isFalse();

        assertThatThrownBy(tally::requireEachOnce).hasMessageContaining("1 came again");
    }
}
