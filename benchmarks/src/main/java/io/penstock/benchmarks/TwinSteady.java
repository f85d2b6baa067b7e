package io.penstock.benchmarks;

import io.penstock.benchmarks.TwinSql.Batch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The bulk twin publishes on two connections; after each commit the drain twin reads on from where it was, on two others.
 * That it may read on is only true because nobody else publishes; the bus has to find rows that commit late.
 */
final class TwinSteady extends TwinAttempt {

    private final int limit;
    private final Tally tally;
    private final AtomicLong position = new AtomicLong();

    TwinSteady(Bench bench, int limit) {
        super(bench, 4);
        this.limit = limit;
        this.tally = new Tally(bench.events());
    }

    @Override
    public void run() throws Exception {
        Blocking.await(TwinPublishBulk.publish(List.of(connection(0), connection(3)), bench, true)
                .onBackpressureLatest()
                .concatMap(commit -> newEvents(), 1)
                .concatMap(batch -> TwinSql.remove(connection(2), 1, batch), 2));
        tally.await(Blocking.PATIENCE);
    }

    private Flux<Batch> newEvents() {
        return next().expand(batch -> batch.isFull() ? next() : Mono.empty())
                .filter(batch -> !batch.seqs().isEmpty());
    }

    private Mono<Batch> next() {
        return Mono.defer(() -> TwinSql.readAll(
                        connection(1),
                        1,
                        position.get(),
                        limit,
                        event -> tally.handled(event.payload().number())))
                .doOnNext(batch -> {
                    if (!batch.seqs().isEmpty()) {
                        position.set(batch.last());
                    }
                });
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Stored.requireEvents(bench.database(), bench.events());
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.put("batchSize", limit);
        return config;
    }
}
