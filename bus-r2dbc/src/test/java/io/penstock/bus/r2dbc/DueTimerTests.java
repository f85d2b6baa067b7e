package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Goes off at the earliest of its times; the time is moved. */
class DueTimerTests {

    private final AtomicInteger wentOff = new AtomicInteger();
    private final DueTimer timer = new DueTimer(wentOff::incrementAndGet);
    private VirtualTimeScheduler time;

    @BeforeEach
    void takeTime() {
        time = VirtualTimeScheduler.getOrSet();
    }

    @AfterEach
    void giveTimeBack() {
        VirtualTimeScheduler.reset();
    }

    @Test
    void theEarliestOfItsTimesCounts() {
        timer.in(50_000);
        timer.in(10_000);
        timer.in(90_000);

        time.advanceTimeBy(Duration.ofMillis(9_999));
        assertThat(wentOff).hasValue(0);
        time.advanceTimeBy(Duration.ofMillis(1));
        awaitThat(() -> wentOff.get() == 1);
    }

    @Test
    void itGoesOffOnceUntilItIsSetAgain() {
        timer.in(10);
        time.advanceTimeBy(Duration.ofHours(2));
        awaitThat(() -> wentOff.get() == 1);

        timer.in(-5);
        time.advanceTimeBy(Duration.ZERO);
        awaitThat(() -> wentOff.get() == 2);
    }

    @Test
    void aTimeFarAwayGoesOffAfterAnHour() {
        timer.in(Long.MAX_VALUE - 1);

        time.advanceTimeBy(Duration.ofMinutes(59));
        assertThat(wentOff).hasValue(0);
        time.advanceTimeBy(Duration.ofMinutes(1));
        awaitThat(() -> wentOff.get() == 1);
    }

    @Test
    void onceDisposedItStaysSilent() {
        timer.in(10);
        timer.dispose();
        timer.in(10);

        time.advanceTimeBy(Duration.ofHours(2));

        assertThat(wentOff).hasValue(0);
    }
}
