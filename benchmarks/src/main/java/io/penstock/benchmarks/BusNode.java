package io.penstock.benchmarks;

import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;

/**
 * A node in a process of its own. Its input names consumers to run, one a line; it prints how many events each has
 * handled, whenever that has changed, and ends with its input.
 */
final class BusNode {

    private static final Duration TELL_EVERY = Duration.ofMillis(5);

    private BusNode() {}

    public static void main(String[] arguments) throws IOException {
        Bench.Address database = new Bench.Address(
                arguments[0], Integer.parseInt(arguments[1]), arguments[2], arguments[3], arguments[4]);
        ConnectionPool pool = R2dbc.pool(database, BusAttempt.POOL);
        R2dbcEventBus bus = R2dbcEventBus.create(
                pool,
                BusOptions.builder()
                        .lease(Duration.ofSeconds(Integer.parseInt(arguments[5])))
                        .build());
        Blocking.await(bus.start());
        System.out.println(NodeProcesses.STARTED);
        try (BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String consumer = orders.readLine(); consumer != null; consumer = orders.readLine()) {
                run(bus, consumer);
            }
        }
        Blocking.await(bus.close().then(pool.disposeLater()));
        System.exit(0);
    }

    private static void run(R2dbcEventBus bus, String consumer) {
        AtomicLong handled = new AtomicLong();
        Blocking.await(bus.subscribe(Shape.DEFAULT.spec(consumer, number -> handled.incrementAndGet())));
        var unused = Flux.interval(TELL_EVERY)
                .onBackpressureDrop()
                .map(tick -> handled.get())
                .distinctUntilChanged()
                .subscribe(count -> System.out.println(NodeProcesses.HANDLED + consumer + " " + count));
    }
}
