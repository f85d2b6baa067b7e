package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Moves one consumer's deliveries on this node: one loop makes due rows ready, claims as many as there is room for and
 * parks what is blocked; claimed units run through the pipeline, so many at once; their outcomes are settled.
 *
 * <p>Promote, claim and park take turns in one loop, so that a row of a key is never read past an earlier one that
 * has just become ready.
 */
final class Dispatcher {

    private static final int PROMOTED_AT_ONCE = 1_000;
    private static final Duration LOOK_AGAIN = Duration.ofMillis(5);

    private final Registered consumer;
    private final Node node;
    private final BusListener listener;
    private final Ownership ownership;
    private final Claims claims;
    private final Window window;
    private final Settlement settlement;
    private final Suspects suspects;
    private final Scheduler threads;
    private final Loop claiming;
    private final AtomicBoolean due = new AtomicBoolean(true);
    private final DueTimer timer = new DueTimer(this::lookForDue);
    private final Observation observation;
    private final Gate gate;
    private final Gate alone;
    private volatile long gains;

    Dispatcher(Registered consumer, Node node, PartitionLeases leases, Executor handlerThreads) {
        this.consumer = consumer;
        this.node = node;
        this.listener = node.listener();
        this.ownership = new Ownership(leases, consumer.id(), consumer.paused());
        this.claims = new Claims(node.database(), consumer, node.id());
        this.window = new Window(consumer);
        this.settlement = new Settlement(consumer, node, ownership, this::freesKey, this::settled);
        this.observation = new Observation(consumer, node);
        int concurrency = consumer.options().concurrency();
        HandlerThreads handlers = new HandlerThreads(handlerThreads, 2 * concurrency + 8);
        this.threads = handlers.scheduler();
        this.suspects = new Suspects(node, consumer.id(), ownership, threads);
        DeliveryPipeline<?> pipeline =
                new DeliveryPipeline<>(consumer, consumer.spec(), node, ownership, threads, suspects, this::freesKey);
        this.gate = new Gate(concurrency, handlers, pipeline::mayBeginAnywhere, pipeline::deliver, this::ended);
        this.alone = new Gate(1, handlers, () -> false, pipeline::deliver, this::ended);
        this.claiming = new Loop(this::round, error -> listener.failed("claim " + consumer.name(), error));
    }

    int consumerId() {
        return consumer.id();
    }

    Registered consumer() {
        return consumer;
    }

    int inFlight() {
        return window.size();
    }

    /** Whether there was more than was read last: once it may read, it comes to what is new without being told. */
    boolean readsOn() {
        return window.hasMore();
    }

    PartitionLeases.Member member() {
        return new PartitionLeases.Member(consumer.id(), consumer.name(), window::holdsAnyOf, claiming::signal);
    }

    /** Claims for the first time; from now on hints are followed. */
    void start() {
        claiming.signal();
    }

    /** Looks for what the hint names. */
    void wake(Hint hint) {
        if (hint.dueInMillis() != Hint.NOTHING_DUE) {
            timer.in(hint.dueInMillis());
        }
        if (hint.lowestSeq() != Hint.NOTHING_READY) {
            window.hint(hint.lowestSeq());
            claiming.signal();
        }
    }

    /** Begins nothing more on this node until it is resumed; what runs goes on. */
    void pause() {
        ownership.pause(true);
        listener.paused(consumer.name());
    }

    void resume() {
        if (ownership.isStopping()) {
            return;
        }
        ownership.pause(false);
        listener.resumed(consumer.name());
        sweep();
    }

    /** What the database says of all nodes. */
    void pausedEverywhere(boolean paused) {
        if (paused == ownership.isPausedEverywhere()) {
            return;
        }
        ownership.pauseEverywhere(paused);
        if (paused) {
            listener.paused(consumer.name());
        } else {
            listener.resumed(consumer.name());
            sweep();
        }
    }

    private void sweep() {
        lookAgain();
        claiming.signal();
    }

    /**
     * Claims nothing more and starts nothing more; completes when what runs has ended and is recorded, or when the
     * grace is over: then what still runs is cancelled and its rows stay owed.
     */
    Mono<Void> stop(Duration grace) {
        ownership.stop();
        timer.dispose();
        return claiming.stop()
                .then(drained())
                .timeout(grace, Mono.empty())
                .then(Mono.fromRunnable(this::dispose))
                .then(Mono.defer(this::takeBack));
    }

    private Mono<Void> drained() {
        return Flux.interval(Duration.ZERO, LOOK_AGAIN)
                .onBackpressureDrop()
                .takeUntil(tick -> window.size() == 0)
                .then();
    }

    private Mono<Void> takeBack() {
        return suspects.takeBack().onErrorResume(error -> {
            listener.failed("stop " + consumer.name(), error);
            return Mono.empty();
        });
    }

    private void dispose() {
        gate.dispose();
        alone.dispose();
        settlement.stop();
        threads.dispose();
    }

    private void lookForDue() {
        due.set(true);
        claiming.signal();
    }

    /**
     * Asks once what is held. Partitions gained since the last round are read from the very beginning, after their due
     * rows were made ready: read from where the others are, they could show a key's later event first.
     */
    private Mono<Void> round() {
        HeldPartitions held = ownership.held();
        Integer[] partitions = held.claimable();
        if (partitions.length == 0) {
            return Mono.empty();
        }
        if (held.gains() != gains) {
            gains = held.gains();
            lookAgain();
        }
        return promote(partitions).then(Mono.defer(() -> claim(held)));
    }

    private Mono<Void> promote(Integer[] partitions) {
        if (!due.getAndSet(false)) {
            return Mono.empty();
        }
        return claims.promote(partitions, PROMOTED_AT_ONCE)
                .doOnError(error -> lookAgain())
                .doOnNext(this::promoted)
                .then();
    }

    /** From the very beginning, also for what is due. */
    private void lookAgain() {
        due.set(true);
        window.hint(0);
    }

    private void promoted(Claims.Promoted promoted) {
        if (promoted.count() > 0) {
            window.hint(promoted.lowestSeq());
            listener.due(consumer.name(), (int) promoted.count());
        }
        if (promoted.count() == PROMOTED_AT_ONCE) {
            timer.in(0);
        } else if (promoted.dueInMillis() != Hint.NOTHING_DUE) {
            timer.in(promoted.dueInMillis());
        }
    }

    private Mono<Void> claim(HeldPartitions held) {
        Claims.Range range = window.next();
        if (range == null) {
            return Mono.empty();
        }
        return claims.read(range, held, this::dispatch)
                .doOnError(error -> window.hint(range.above() + 1))
                .flatMap(page -> park(page.rows()).thenReturn(page))
                .doOnNext(page -> dispatch(range, page))
                .then();
    }

    private Mono<Void> park(List<Claimed> rows) {
        List<Claimed> blocked = rows.stream().filter(Claimed::blocked).toList();
        if (blocked.isEmpty()) {
            return Mono.empty();
        }
        return claims.park(blocked)
                .doOnError(error -> window.hint(blocked.get(0).seq()))
                .doOnNext(parked -> parked(blocked, parked))
                .then();
    }

    private void parked(List<Claimed> blocked, long parked) {
        listener.parked(consumer.name(), (int) parked);
        if (parked < blocked.size()) {
            window.hint(blocked.get(0).seq());
        }
    }

    private void dispatch(List<Claimed> early) {
        listener.claimed(consumer.name(), early.size());
        enter(window.admit(early));
    }

    private void dispatch(Claims.Range range, RangeReading.Page page) {
        if (page.count() == 0 || !page.rows().isEmpty()) {
            listener.claimed(consumer.name(), page.rows().size());
        }
        enter(window.admit(range, page));
        readOn();
    }

    private void readOn() {
        if (window.wantsToRead()) {
            claiming.signal();
        }
    }

    /** What may kill the node waits in a line of its own, so that it keeps nothing else from being handled. */
    private void enter(List<List<Claimed>> units) {
        if (units.isEmpty()) {
            return;
        }
        List<List<Claimed>> suspected = new ArrayList<>(0);
        List<List<Claimed>> others = new ArrayList<>(units.size());
        units.forEach(unit -> (Units.isSuspected(unit) ? suspected : others).add(unit));
        alone.enter(suspected);
        gate.enter(others);
    }

    /** A row that is no longer ours may have had others parked behind it by its new owner. */
    private boolean freesKey(Claimed row) {
        return window.freesKey(row) || (consumer.isOrdered() && !ownership.mayEnd(row));
    }

    private void ended(List<Ended> ended) {
        enter(window.advance(ended));
        ended.forEach(observation::ended);
        settlement.settle(ended);
        readOn();
    }

    private void settled(List<Ended> ended) {
        window.settled(ended);
        readOn();
    }
}
