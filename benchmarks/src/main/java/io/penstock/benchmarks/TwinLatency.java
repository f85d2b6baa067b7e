package io.penstock.benchmarks;

import io.penstock.benchmarks.TwinSql.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes what is due as soon as the previous write is done, all of it with one statement, and reads it after the commit
 * on another connection: a signal in memory, no poll. One writer, so that it may read on from where it was.
 */
final class TwinLatency extends TwinAttempt {

    private static final int LIMIT = Shape.DEFAULT.window();

    private final Tally tally;
    private final OpenLoop loop;
    private final Queue<TwinSql.Row> due = new ConcurrentLinkedQueue<>();
    private final AtomicLong position = new AtomicLong();

    TwinLatency(Bench bench) {
        super(bench, 3);
        this.tally = new Tally(bench.events());
        this.loop = new OpenLoop(bench);
    }

    @Override
    public void run() throws Exception {
        loop.start();
        Blocking.await(Flux.range(0, bench.events())
                .doOnNext(loop::awaitDue)
                .doOnNext(number -> due.add(TwinSql.Row.of(bench.payload(number))))
                .onBackpressureLatest()
                .concatMap(signal -> write(), 1)
                .onBackpressureLatest()
                .concatMap(commit -> newEvents(), 1)
                .concatMap(batch -> TwinSql.remove(connection(2), 1, batch), 2));
        tally.await(Blocking.PATIENCE);
    }

    private Mono<Long> write() {
        return Mono.defer(() -> {
            List<TwinSql.Row> rows = new ArrayList<>();
            for (TwinSql.Row row = due.poll(); row != null; row = due.poll()) {
                rows.add(row);
            }
            return rows.isEmpty() ? Mono.empty() : TwinSql.append(connection(0), rows);
        });
    }

    private Flux<Batch> newEvents() {
        return next().expand(batch -> batch.isFull() ? next() : Mono.empty())
                .filter(batch -> !batch.seqs().isEmpty());
    }

    private Mono<Batch> next() {
        return Mono.defer(() -> TwinSql.read(
                        connection(1),
                        1,
                        position.get(),
                        LIMIT,
                        delivered -> handle(delivered.payload().number())))
                .doOnNext(batch -> {
                    if (!batch.seqs().isEmpty()) {
                        position.set(batch.last());
                    }
                });
    }

    private void handle(int number) {
        loop.begun(number);
        tally.handled(number);
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Stored.requireEvents(bench.database(), bench.events());
        Owed.requireNone(bench.database());
    }

    @Override
    public Histogram latencies() {
        return loop.latencies();
    }
}
