package io.penstock.benchmarks;

import io.penstock.bus.Event;
import io.penstock.bus.RunningConsumer;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** For benchmarks that call the bus again and again: a server, a database and a bus. Blocks. */
public final class Stage implements AutoCloseable {

    private final Server server;
    private final Databases databases;
    private final ConnectionPool pool;
    private final R2dbcEventBus bus;
    private @Nullable RunningConsumer running;

    private Stage(Server server, Databases databases, Bench.Address database) {
        this.server = server;
        this.databases = databases;
        this.pool = R2dbc.pool(database, BusAttempt.POOL);
        this.bus = R2dbcEventBus.create(pool);
    }

    /** With one consumer, {@code consumer-0}, that does not run, and a table of orders. */
    public static Stage open() throws Exception {
        Server server = Server.at(null);
        Databases databases = new Databases(server.address());
        Template template = Orders.in(Seeds.consumers(1));
        Variant variant = Variant.of("stage", Role.OURS, "", bench -> {
                    throw new IllegalStateException("Not an attempt");
                })
                .on(template);
        Stage stage = new Stage(server, databases, databases.fresh(variant, 0, Map.of()));
        Blocking.await(stage.bus.start());
        R2dbc.fill(stage.pool);
        return stage;
    }

    public R2dbcEventBus bus() {
        return bus;
    }

    /** Runs the consumer, with the default options. */
    public void consume(IntConsumer handler) {
        running = Blocking.get(bus.subscribe(Shape.DEFAULT.spec("consumer-0", handler)));
    }

    /** Stops the consumer, once what it has begun is settled. */
    public void stop() {
        await(Objects.requireNonNull(running, "consume first").unsubscribe());
    }

    /** Publishes so many events, and waits until they are stored. */
    public void publishAll(int events) {
        await(bus.publishAll(Flux.range(0, events).map(Stage::event)));
    }

    /** Publishes so many events one by one, that many at once, and waits until they are stored. */
    public void publish(int events, int inFlight) {
        await(Flux.range(0, events).flatMap(number -> bus.publish(event(number)), inFlight));
    }

    /** As many transactions with an order and an event, so many at once. The orders are removed before. */
    public void transactions(int count, int inFlight) {
        await(Mono.usingWhen(
                        pool.create(),
                        connection -> R2dbc.changed(connection, "TRUNCATE business_order", statement -> {}),
                        Connection::close)
                .thenMany(Flux.range(0, count).flatMap(this::transaction, inFlight)));
    }

    private Mono<?> transaction(int number) {
        return bus.inTransaction(
                tx -> Orders.insert(tx.connection(), Payload.of(number)).then(tx.publish(event(number))));
    }

    private static Event<Payload> event(int number) {
        return BusAttempt.event(Payload.of(number));
    }

    private static void await(Publisher<?> work) {
        Blocking.await(work);
    }

    @Override
    public void close() throws Exception {
        await(bus.close().then(pool.disposeLater()));
        databases.close();
        server.close();
    }
}
