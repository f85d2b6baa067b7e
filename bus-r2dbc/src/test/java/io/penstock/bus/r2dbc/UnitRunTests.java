package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.Outcome;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Whatever becomes of a unit, its rows are heard of once and its slot is free again. */
class UnitRunTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Claimed row =
            new Claimed(1, 7, 0, 0, null, false, false, 0, 1, Event.of("order.placed", new RawJson("1")));
    private final List<Ended> ended = new ArrayList<>();
    private final List<UnitRun> left = new ArrayList<>();

    @Test
    void whatIsThrownPastTheOperatorsEndsTheRowsAsReleased() {
        run(() -> {
            throw new NoClassDefFoundError("a/linkage/Error");
        });

        assertThat(ended).singleElement().satisfies(end -> {
            assertThat(end.row()).isEqualTo(row);
            assertThat(end.outcome()).isInstanceOf(Outcome.Released.class);
            assertThat(end.attempted()).isFalse();
        });
        assertThat(left).hasSize(1);
    }

    @Test
    void aDeliveryThatEndsWithoutAWordEndsTheRowsAsReleased() {
        run(Mono::empty);

        assertThat(ended).extracting(Ended::outcome).singleElement().isInstanceOf(Outcome.Released.class);
        assertThat(left).hasSize(1);
    }

    @Test
    void anErrorAfterTheOutcomeChangesNothing() {
        Ended completed = Ended.attempted(row, Outcome.COMPLETED, 1);

        run(() -> Mono.fromDirect(
                Flux.concat(Mono.just(List.of(completed)), Mono.error(new IllegalStateException("late")))));

        assertThat(ended).containsExactly(completed);
        assertThat(left).hasSize(1);
    }

    @Test
    void whatIsDisposedOfIsNotHeardOf() {
        UnitRun run = unitRun(Mono::never);
        run.run();

        run.dispose();
        run.dispose();

        assertThat(ended).isEmpty();
        assertThat(left).containsExactly(run);
    }

    @Test
    void oneThatThrowsWhenItIsCancelledLeavesItsSlot() {
        UnitRun run = unitRun(() -> Mono.create(sink -> sink.onDispose(() -> {
            throw new IllegalStateException("when cancelled");
        })));
        run.run();

        try {
            run.dispose();
        } catch (IllegalStateException ofTheDelivery) {
            assertThat(ofTheDelivery).hasMessage("when cancelled");
        }

        assertThat(left).containsExactly(run);
    }

    /** It would meet whatever that thread does next. */
    @Test
    void aThreadDoesNotLeaveAheadOfItsInterrupt() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupting = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        AtomicBoolean isAhead = new AtomicBoolean(true);
        UnitRun run = unitRun(() -> {
            begun.countDown();
            isDown(interrupting, PATIENCE);
            return Mono.never();
        });
        Thread handling =
                new Thread(() -> {
                    run.run();
                    gone.countDown();
                }) {
                    @Override
                    public void interrupt() {
                        interrupting.countDown();
                        isAhead.set(isDown(gone, Duration.ofMillis(200)));
                        super.interrupt();
                    }
                };
        handling.start();
        assertThat(isDown(begun, PATIENCE)).isTrue();

        run.dispose();
        assertThat(isDown(gone, PATIENCE)).isTrue();

        assertThat(isAhead).isFalse();
    }

    private static boolean isDown(CountDownLatch latch, Duration patience) {
        try {
            return latch.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void run(Supplier<Mono<List<Ended>>> delivery) {
        unitRun(delivery).run();
    }

    private UnitRun unitRun(Supplier<Mono<List<Ended>>> delivery) {
        return new UnitRun(0, List.of(row), rows -> delivery.get(), ended::addAll, left::add);
    }
}
