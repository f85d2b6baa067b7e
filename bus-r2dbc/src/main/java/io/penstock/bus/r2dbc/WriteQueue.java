package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.penstock.bus.DuplicateEventException;
import io.penstock.bus.PublishOutcomeUnknownException;
import io.penstock.bus.PublishRejectedException;
import io.penstock.bus.PublishResult;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * Events on their way to the outbox, in batches that share a commit. With one lane they are stored in their order, and
 * nothing behind an event that could not be.
 *
 * <p>With one lane a batch is inserted while the one before it is being committed, and committed behind it (ADR 6): in
 * their order they become visible too, and whoever waits for the disk keeps no processor waiting.
 *
 * <p>Design note: publishers are told on threads of Reactor's, those of one stream in the order of the commits, while
 * the next batch is already being written: on the driver's thread they would make the events that follow, and the
 * database would wait.
 */
final class WriteQueue {

    private static final int MOST_EVENTS = 512;
    private static final int MOST_CHARACTERS = 4 << 20;

    /** As many as are being written and as are being committed meanwhile, or gather once those are told. */
    static final int OUTSTANDING = 2 * MOST_EVENTS;

    private final Database database;
    private final Outbox outbox;
    private final WakeUp wakeUp;
    private final BusListener listener;
    private final boolean isOrdered;
    private final IntConsumer onTold;
    private final AtomicInteger untold = new AtomicInteger();
    private final Gatherer<Pending> gatherer;
    private final Consumer<Runnable> teller;
    private volatile boolean broken;
    // Of one lane, which begins one batch after the other.
    private Turn last = Turn.NONE;

    /** @param onTold gets how many publishers know what became of their events */
    WriteQueue(Node node, Outbox outbox, int lanes, IntConsumer onTold) {
        this.database = node.database();
        this.outbox = outbox;
        this.wakeUp = node.wakeUp();
        this.listener = node.listener();
        this.isOrdered = lanes == 1;
        this.onTold = onTold;
        // In order, one after the other; a worker of this scheduler has no thread of its own to give back.
        this.teller = isOrdered
                ? Schedulers.parallel().createWorker()::schedule
                : told -> Schedulers.parallel().schedule(told);
        this.gatherer = new Gatherer<>(
                lanes, isOrdered ? this::writeInOrder : this::write, Pending::size, MOST_EVENTS, MOST_CHARACTERS);
    }

    /** Emits a result when the event is committed, or its id was stored already. */
    Mono<PublishResult> submit(Encoded event) {
        // Told once, by one thread.
        Pending pending = new Pending(event, Sinks.unsafe().one());
        untold.incrementAndGet();
        gatherer.submit(pending);
        return pending.done().asMono();
    }

    /** Events whose publishers do not know yet what became of them. */
    int pending() {
        return untold.get();
    }

    private Mono<Void> write(List<Pending> batch) {
        return write(batch, database::with);
    }

    /** Ends when the next batch may be inserted. One that has nothing before it or behind it is written as any other. */
    private Mono<Void> writeInOrder(List<Pending> batch) {
        Turn before = last.isOver() ? Turn.NONE : last;
        if (before == Turn.NONE && gatherer.pending() == batch.size()) {
            return write(batch);
        }
        Turn turn = new Turn();
        last = turn;
        // Cached: it goes on while the next one begins.
        Mono<Void> written = write(batch, statement -> writeBehind(before, turn, statement))
                .doOnTerminate(turn::end)
                .cache();
        return Mono.firstWithSignal(turn.whenInserted(), written)
                .then(before.whenOver())
                .then(Mono.defer(() -> before.isUndone() ? written : Mono.empty()));
    }

    /** A transaction that is committed, or whose error is passed on, when the batch before it is over. */
    private Mono<Appended> writeBehind(Turn before, Turn turn, Function<Connection, Mono<Appended>> statement) {
        return database.transaction(connection -> database.limit(statement.apply(connection))
                        .doOnNext(appended -> turn.letInsert())
                        .delayUntil(appended -> before.whenDecided().then(Mono.defer(() -> requireInOrder(before)))))
                .doOnError(error -> turn.undo())
                .onErrorResume(error -> before.whenOver().then(Mono.error(error)));
    }

    /**
     * The events of a batch that could not be committed are written again, and have later positions by then. This one
     * gives up for that, so that it keeps no lock and no connection from them.
     */
    private Mono<Void> requireInOrder(Turn before) {
        return broken || before.isUndone() ? Mono.error(new OvertakenException()) : Mono.empty();
    }

    private Mono<Void> write(List<Pending> batch, Outbox.Alone transaction) {
        if (broken) {
            return failedBehind(batch);
        }
        AtomicBoolean sent = new AtomicBoolean();
        List<Encoded> events = batch.stream().map(Pending::encoded).toList();
        return outbox.appendAlone(noting(sent, transaction), events)
                .onErrorResume(
                        error -> error instanceof OvertakenException && !broken,
                        overtaken -> outbox.appendAlone(noting(sent, database::with), events))
                .doOnNext(appended -> committed(batch, appended))
                .then()
                .onErrorResume(error -> broken ? failedBehind(batch) : failed(batch, error, sent.get()));
    }

    /** Whether the last statement was sent: what was sent before that is rolled back. */
    private static Outbox.Alone noting(AtomicBoolean sent, Outbox.Alone transaction) {
        return statement -> Mono.defer(() -> {
            sent.set(false);
            return transaction.run(connection -> {
                sent.set(true);
                return statement.apply(connection);
            });
        });
    }

    private void committed(List<Pending> batch, Appended appended) {
        wakeUp.committed(appended.hints());
        listener.published(batch.size() - appended.repeated().size());
        tell(batch, pending -> stored(pending, appended));
    }

    private static void stored(Pending pending, Appended appended) {
        UUID id = pending.encoded().event().id();
        boolean isRepeated = !appended.repeated().isEmpty() && appended.isRepeated(pending.encoded());
        pending.done().tryEmitValue(new PublishResult(id, isRepeated ? new DuplicateEventException(id) : null));
    }

    private Mono<Void> failedBehind(List<Pending> batch) {
        tell(batch, pending -> pending.fail(behind(pending)));
        return Mono.empty();
    }

    /** An error of the database in a batch may be the fault of one event: the others get a second chance without it. */
    private Mono<Void> failed(List<Pending> batch, Throwable error, boolean sent) {
        boolean unknown =
                sent && (error instanceof PublishOutcomeUnknownException || DatabaseErrors.isOutcomeUnknown(error));
        if (sent && !unknown && batch.size() > 1) {
            return Flux.fromIterable(batch)
                    .concatMap(pending -> Mono.defer(() -> write(List.of(pending))))
                    .then();
        }
        // Told before those behind it, which look at what is set after that.
        tell(batch, pending -> pending.fail(unknown ? unknown(pending, error) : error));
        broken = isOrdered;
        return Mono.empty();
    }

    private void tell(List<Pending> batch, Consumer<Pending> outcome) {
        Runnable all = () -> {
            batch.forEach(pending -> tell(pending, outcome));
            untold.addAndGet(-batch.size());
            onTold.accept(batch.size());
        };
        try {
            teller.accept(all);
        } catch (RejectedExecutionException shutDown) {
            all.run();
        }
    }

    /** One publisher that throws what Reactor lets through keeps nothing from the others of its batch. */
    private static void tell(Pending pending, Consumer<Pending> outcome) {
        try {
            outcome.accept(pending);
        } catch (Throwable thrown) {
            Operators.onErrorDropped(thrown, Context.empty());
        }
    }

    private static Throwable behind(Pending pending) {
        return new PublishRejectedException(
                "Event " + pending.encoded().event() + " was not stored: an earlier event of its stream was not");
    }

    private static Throwable unknown(Pending pending, Throwable error) {
        return new PublishOutcomeUnknownException(
                "Event " + pending.encoded().event() + " may be stored or not: no answer came from the database."
                        + " Publish it again with the same id: if it was stored, that fails with"
                        + " DuplicateEventException and changes nothing",
                error);
    }

    /** The transaction is to be rolled back: an earlier batch is written again, behind its positions, or not at all. */
    private static final class OvertakenException extends RuntimeException {

        OvertakenException() {
            super("The batch before was not committed", null, false, false);
        }
    }

    private record Pending(Encoded encoded, Sinks.One<PublishResult> done) {

        int size() {
            return encoded.size();
        }

        void fail(Throwable error) {
            done.tryEmitError(error);
        }
    }
}
