package io.penstock.bus.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class OutagesTests {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1);
    private final Outages outages = new Outages(Duration.ofSeconds(1), Duration.ofSeconds(5), clock::get);

    @Test
    void pausesDoubleUpToTheLongest() {
        assertThat(failAndWait()).isEqualTo(Duration.ofSeconds(1));
        assertThat(failAndWait()).isEqualTo(Duration.ofSeconds(2));
        assertThat(failAndWait()).isEqualTo(Duration.ofSeconds(4));
        assertThat(failAndWait()).isEqualTo(Duration.ofSeconds(5));
        assertThat(failAndWait()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void failuresWithinAPauseDoNotMakeItLonger() {
        outages.failed("t");
        clock.addAndGet(Duration.ofMillis(400).toNanos());

        assertThat(outages.failed("t")).isEqualTo(Duration.ofSeconds(1));
        assertThat(outages.remaining(List.of("t"))).isEqualTo(Duration.ofMillis(600));
    }

    @Test
    void aBatchWithATopicThatIsThereDoesNotWait() {
        outages.failed("t");

        assertThat(outages.remaining(List.of("t", "other"))).isZero();
        assertThat(outages.remaining(List.of())).isZero();
    }

    @Test
    void aTopicThatTookARecordStartsAnew() {
        failAndWait();
        failAndWait();

        assertThat(outages.recovered("t")).isTrue();
        assertThat(outages.recovered("t")).isFalse();
        assertThat(outages.failed("t")).isEqualTo(Duration.ofSeconds(1));
    }

    private Duration failAndWait() {
        Duration pause = outages.failed("t");
        clock.addAndGet(pause.toNanos());
        return pause;
    }
}
