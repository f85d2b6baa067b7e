package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** One event end to end, through each kind of handler. */
class WalkIntegrationTests {

    record Order(String id, int total) {}

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void anEventPublishedStandaloneReachesAPlainHandler() {
        R2dbcEventBus bus = fixture.bus();
        List<Event<Order>> seen = new CopyOnWriteArrayList<>();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("shipping")
                        .on("order.placed", Order.class)
                        .handle(event -> Mono.fromRunnable(() -> seen.add(event))));

        bus.publish(Event.of("order.placed", new Order("o-1", 42))).block(PATIENCE);

        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(seen).extracting(Event::payload).containsExactly(new Order("o-1", 42));
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void anEventOfACommittedTransactionReachesATransactionalHandler() {
        R2dbcEventBus bus = fixture.bus();
        fixture.execute("CREATE TABLE " + fixture.schema() + ".invoice (order_id text)");
        fixture.subscribe(
                bus,
                ConsumerSpec.named("invoicing")
                        .on("order.placed", Order.class)
                        .transactional(
                                Connection.class,
                                (event, connection) -> Database.changed(
                                                connection,
                                                "INSERT INTO " + fixture.schema() + ".invoice VALUES ($1)",
                                                statement -> statement.bind(
                                                        0, event.payload().id()))
                                        .then()));

        bus.inTransaction(tx -> tx.publish(Event.of("order.placed", new Order("o-1", 42))))
                .block(PATIENCE);

        awaitThat(() -> fixture.count("invoice") == 1 && fixture.count("inbox") == 0);
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void aThousandEventsReachABatchHandler() {
        R2dbcEventBus bus = fixture.bus();
        AtomicInteger handled = new AtomicInteger();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("audit")
                        .on("*")
                        .ordered()
                        .handleBatch(events -> Mono.fromRunnable(() -> handled.addAndGet(events.size()))));

        Long stored = bus.publishAll(BusFixture.range(1_000, i -> Event.of("order.placed", new Order("o-" + i, i))))
                .filter(result -> result.isStored())
                .count()
                .block(PATIENCE);

        assertThat(stored).isEqualTo(1_000);
        awaitThat(() -> handled.get() == 1_000 && fixture.count("inbox") == 0);
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void aBusThatWasNeverStartedClosesWithoutAsking() {
        R2dbcEventBus.create(fixture.application, fixture.options().build())
                .close()
                .block(PATIENCE);

        assertThat(fixture.listener.failures).isEmpty();
    }
}
