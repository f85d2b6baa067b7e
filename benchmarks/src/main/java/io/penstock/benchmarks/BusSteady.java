package io.penstock.benchmarks;

import java.util.Map;
import reactor.core.publisher.Flux;

/** Publishes while a consumer handles what is published. */
final class BusSteady extends BusAttempt {

    private final Shape shape;
    private final Tally tally;

    BusSteady(Bench bench, Shape shape) {
        super(bench);
        this.shape = shape;
        this.tally = new Tally(bench.events());
    }

    @Override
    public void prepare() throws Exception {
        super.prepare();
        Blocking.await(bus.subscribe(shape.spec("consumer-0", tally::handled)));
    }

    @Override
    public void run() throws Exception {
        Blocking.await(bus.publishAll(Flux.range(0, bench.events()).map(number -> event(bench.payload(number)))));
        tally.await(Blocking.PATIENCE);
        owed().awaitNone();
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Stored.requireEvents(bench.database(), bench.events());
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = super.config();
        config.putAll(shape.config());
        return config;
    }
}
