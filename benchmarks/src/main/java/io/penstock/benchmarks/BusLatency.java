package io.penstock.benchmarks;

import java.util.HashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import reactor.core.publisher.Flux;

/** Publishes single events when they are due; a handler notes when it began. */
final class BusLatency extends BusAttempt {

    private final Tally tally;
    private final OpenLoop loop;

    BusLatency(Bench bench) {
        super(bench);
        this.tally = new Tally(bench.events());
        this.loop = new OpenLoop(bench);
    }

    @Override
    public void prepare() throws Exception {
        super.prepare();
        Blocking.await(bus.subscribe(Shape.DEFAULT.spec("consumer-0", this::handle)));
    }

    private void handle(int number) {
        loop.begun(number);
        tally.handled(number);
    }

    @Override
    public void run() throws Exception {
        loop.start();
        // Without a limit, so that this thread keeps the time and nobody else has to wait for it.
        Blocking.await(Flux.range(0, bench.events())
                .doOnNext(loop::awaitDue)
                .flatMap(number -> bus.publish(event(bench.payload(number))), Integer.MAX_VALUE));
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
    public Histogram latencies() {
        return loop.latencies();
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.putAll(Shape.DEFAULT.config());
        config.put(OpenLoop.RATE, OpenLoop.rate(bench));
        return config;
    }
}
