package io.penstock.benchmarks;

import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One statement and one commit for each event, one after the other on each connection: what the bus's grouping saves. */
final class TwinPublishSingle extends TwinAttempt {

    private final int connections;
    private final int share;

    /** @param share one in so many of the workload's events: it takes that much longer */
    TwinPublishSingle(Bench bench, int connections, int share) {
        super(bench, connections);
        this.connections = connections;
        this.share = share;
    }

    @Override
    public void run() {
        Blocking.await(Flux.range(0, connections).flatMap(this::lane, connections));
    }

    private Mono<Void> lane(int lane) {
        return Flux.range(0, events())
                .filter(number -> number % connections == lane)
                .concatMap(number -> TwinSql.append(connection(lane), TwinSql.Row.of(bench.payload(number))))
                .then();
    }

    @Override
    public void verify() throws Exception {
        Stored.require(bench.database(), events());
    }

    @Override
    public long operations(Bench given) {
        return events();
    }

    private int events() {
        return Math.max(1, bench.events() / share);
    }

    @Override
    public Map<String, Object> config() {
        return Map.of("connections", connections, "batchSize", 1);
    }
}
