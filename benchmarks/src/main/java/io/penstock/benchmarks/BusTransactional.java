package io.penstock.benchmarks;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/** Handlers that write an order in the transaction that takes the event from the inbox: one event each, or a batch. */
final class BusTransactional extends BusAttempt {

    private final Shape shape;
    private final Tally tally;

    BusTransactional(Bench bench, Shape shape) {
        super(bench);
        this.shape = shape;
        this.tally = new Tally(bench.events());
    }

    @Override
    public void run() throws Exception {
        Blocking.await(bus.subscribe(spec(shape.builder("consumer-0"))));
        tally.await(Blocking.PATIENCE);
        owed().awaitNone();
    }

    private ConsumerSpec<Payload> spec(ConsumerSpec.Builder<Payload> builder) {
        return shape.batchSize() == 0
                ? builder.transactional(Connection.class, this::one)
                : builder.batchSize(shape.batchSize()).transactionalBatch(Connection.class, this::batch);
    }

    private Mono<Void> one(Event<Payload> event, Connection connection) {
        return Orders.insert(connection, event.payload())
                .doOnSuccess(written -> tally.handled(event.payload().number()));
    }

    private Mono<Void> batch(List<Event<Payload>> events, Connection connection) {
        List<Payload> orders = events.stream().map(Event::payload).toList();
        return Orders.insert(connection, orders)
                .doOnSuccess(written -> orders.forEach(order -> tally.handled(order.number())));
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Orders.require(bench.database(), bench.events());
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = super.config();
        config.putAll(shape.config());
        return config;
    }
}
