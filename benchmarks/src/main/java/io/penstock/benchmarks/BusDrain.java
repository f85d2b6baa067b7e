package io.penstock.benchmarks;

import java.util.Map;
import reactor.core.publisher.Flux;

/** Delivers what is ready to consumers that do nothing but count. The time includes leasing the partitions. */
final class BusDrain extends BusAttempt {

    private final Shape shape;
    private final Deliveries deliveries;

    BusDrain(Bench bench, int consumers, Shape shape) {
        super(bench);
        this.shape = shape;
        this.deliveries = new Deliveries(bench, consumers);
    }

    @Override
    public void run() throws Exception {
        Blocking.await(Flux.range(0, deliveries.consumers())
                .flatMap(i -> bus.subscribe(shape.spec("consumer-" + i, deliveries.to(i)))));
        deliveries.await();
        owed().awaitNone();
    }

    @Override
    public void verify() throws Exception {
        deliveries.requireDone(bench.database());
    }

    @Override
    public long operations(Bench given) {
        return deliveries.count();
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = super.config();
        config.putAll(shape.config());
        config.put("consumers", deliveries.consumers());
        return config;
    }
}
