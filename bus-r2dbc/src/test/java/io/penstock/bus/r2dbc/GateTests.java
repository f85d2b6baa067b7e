package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.Outcome;
import io.penstock.bus.RawJson;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Where the next unit begins when one ends. */
class GateTests {

    // Far more than a stack has room for.
    private static final int MANY = 100_000;

    private final Queue<Runnable> threads = new ArrayDeque<>();
    private final List<Ended> ended = new ArrayList<>();
    private final Sinks.One<List<Ended>> first = Sinks.one();
    private boolean mayBeginHere = true;

    @Test
    void theNextBeginsWhereOneEndedIfItMay() {
        withTwo();

        first.tryEmitValue(List.of(end(0)));

        assertThat(ended).hasSize(2);
        assertThat(threads).isEmpty();
    }

    @Test
    void theNextBeginsOnAThreadOtherwise() {
        withTwo();
        mayBeginHere = false;

        first.tryEmitValue(List.of(end(0)));

        assertThat(ended).hasSize(1);
        assertThat(threads).hasSize(1);
        runAll();
        assertThat(ended).hasSize(2);
    }

    @Test
    void unitsThatEndAtOnceDoNotBeginInsideEachOther() {
        Gate gate = gate(GateTests::completed);

        gate.enter(units(MANY));
        runAll();

        assertThat(ended).hasSize(MANY);
    }

    @Test
    void nothingBeginsAnyMoreOnceItIsDisposedOf() {
        Gate gate = withTwo();

        gate.dispose();
        first.tryEmitValue(List.of(end(0)));
        runAll();

        assertThat(ended).isEmpty();
    }

    /** The first has begun, and ends when it is told to. */
    private Gate withTwo() {
        Gate gate = gate(unit -> seq(unit) == 0 ? first.asMono() : completed(unit));
        gate.enter(units(2));
        runAll();
        return gate;
    }

    private Gate gate(Function<List<Claimed>, Mono<List<Ended>>> deliver) {
        return new Gate(1, threads::add, () -> mayBeginHere, deliver, ended::addAll);
    }

    private void runAll() {
        for (Runnable task = threads.poll(); task != null; task = threads.poll()) {
            task.run();
        }
    }

    private static long seq(List<Claimed> unit) {
        return unit.get(0).seq();
    }

    private static Mono<List<Ended>> completed(List<Claimed> unit) {
        return Mono.just(List.of(end(seq(unit))));
    }

    private static Ended end(long seq) {
        return Ended.attempted(row(seq), Outcome.COMPLETED, 1);
    }

    private static List<List<Claimed>> units(int count) {
        return IntStream.range(0, count).mapToObj(seq -> List.of(row(seq))).toList();
    }

    private static Claimed row(long seq) {
        return new Claimed(seq, 7, 0, 0, null, false, false, 0, 1, Event.of("order.placed", new RawJson("1")));
    }
}
