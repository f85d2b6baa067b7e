package io.penstock.benchmarks;

import java.util.HashMap;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** Publishes to one consumer that does not run: the events are stored and owed. */
final class BusPublish extends BusAttempt {

    static final int IN_FLIGHT = 256;

    private final Way way;

    BusPublish(Bench bench, Way way) {
        super(bench);
        this.way = way;
    }

    @Override
    public void run() {
        Blocking.await(way == Way.STREAM ? stream() : singly());
    }

    private Publisher<?> stream() {
        return bus.publishAll(Flux.range(0, bench.events()).map(number -> event(bench.payload(number))));
    }

    private Publisher<?> singly() {
        return Flux.range(0, bench.events()).flatMap(number -> bus.publish(event(bench.payload(number))), IN_FLIGHT);
    }

    @Override
    public void verify() throws Exception {
        Stored.require(bench.database(), bench.events());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.put("way", way == Way.STREAM ? "publishAll" : "publish, " + IN_FLIGHT + " in flight");
        return config;
    }

    /** How the events are handed to the bus. */
    enum Way {
        STREAM,
        SINGLY
    }
}
