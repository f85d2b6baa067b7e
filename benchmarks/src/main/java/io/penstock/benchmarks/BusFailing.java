package io.penstock.benchmarks;

import io.penstock.bus.Event;
import io.penstock.bus.RetryPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import reactor.core.publisher.Mono;

/** An ordered consumer whose handler fails the first attempt of some events, beside a key that is parked for good. */
final class BusFailing extends BusAttempt {

    private static final Shape SHAPE = Shape.DEFAULT.inOrder();
    private static final RetryPolicy RETRY =
            RetryPolicy.attempts(10).withBackoff(Duration.ofMillis(20), Duration.ofSeconds(1));
    private static final String PARKED = "SELECT count(*) FROM penstock.inbox WHERE state = 2";
    private static final String OTHERS = "SELECT count(*) FROM penstock.inbox WHERE state NOT IN (2, 3)";

    private final int failing;
    private final Tally tally;
    private final AtomicIntegerArray attempts;
    private final AtomicInteger failures = new AtomicInteger();

    /** @param failing one in so many events fails at first; 0: none */
    BusFailing(Bench bench, int failing) {
        super(bench);
        this.failing = failing;
        this.tally = new Tally(bench.events());
        this.attempts = new AtomicIntegerArray(bench.events());
    }

    @Override
    public void run() throws Exception {
        Blocking.await(bus.subscribe(SHAPE.builder("consumer-0").retry(RETRY).handle(this::handle)));
        tally.await(Blocking.PATIENCE);
        owed().awaitNoneReady();
    }

    private Mono<Void> handle(Event<Payload> event) {
        int number = event.payload().number();
        if (failing > 0 && number % failing == 0 && attempts.getAndIncrement(number) == 0) {
            failures.incrementAndGet();
            return Mono.error(new IllegalStateException("the first attempt of every " + failing + "th fails"));
        }
        tally.handled(number);
        return Mono.empty();
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Jdbc.require(bench.database(), "parked rows", PARKED, Seeds.parked(bench));
        Jdbc.require(bench.database(), "rows neither parked nor dead", OTHERS, 0);
        int expected = failing == 0 ? 0 : (bench.events() + failing - 1) / failing;
        if (failures.get() != expected) {
            throw new IllegalStateException(failures.get() + " attempts failed, expected " + expected);
        }
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.putAll(SHAPE.config());
        config.put("failing", failures.get());
        config.put("parked", Seeds.parked(bench));
        config.put("retry", "20 ms to 1 s");
        return config;
    }
}
