package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.BusListener;
import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** Each arrow of the state diagram is told of. */
class ObservationIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Set<String> told = ConcurrentHashMap.newKeySet();
    private final BusListener listener = (BusListener) Proxy.newProxyInstance(
            BusListener.class.getClassLoader(), new Class<?>[] {BusListener.class}, (proxy, method, arguments) -> {
                told.add(method.getName());
                return null;
            });

    @Test
    void everyMethodOfTheListenerIsCalledWhenItsArrowIsTaken() {
        R2dbcEventBus bus = fixture.bus(options -> options.listener(listener)
                .lease(Duration.ofSeconds(1))
                .pollInterval(Duration.ofMillis(50))
                .retention(Duration.ZERO));
        retryParkAndBury(bus);
        findADuplicate(bus);
        releaseAnUnknownType(bus);
        bus.pause("twin").then(bus.resume("twin")).block(PATIENCE);
        bus.retire().block(PATIENCE);
        loseTheOthers();
        fixture.execute("ALTER TABLE %1$s.partition_lease RENAME TO gone".formatted(fixture.schema()));
        awaitThat(() -> told.contains("failed"));
        fixture.execute("ALTER TABLE %1$s.gone RENAME TO partition_lease".formatted(fixture.schema()));

        bus.close().block(PATIENCE);

        Set<String> all = Arrays.stream(BusListener.class.getDeclaredMethods())
                .filter(Method::isDefault)
                .map(Method::getName)
                .collect(Collectors.toSet());
        assertThat(told).containsExactlyInAnyOrderElementsOf(all);
    }

    /** The second event is read while the first waits for its next attempt. */
    private void retryParkAndBury(R2dbcEventBus bus) {
        fixture.subscribe(
                bus,
                ConsumerSpec.named("failing")
                        .on("order.placed")
                        .ordered()
                        .retry(RetryPolicy.attempts(2).withBackoff(Duration.ofMillis(300), Duration.ofMillis(300)))
                        .handle(event -> event.payload().text().equals("1")
                                ? Mono.error(new IllegalStateException("no"))
                                : Mono.empty()));
        bus.publish(placed(1)).block(PATIENCE);
        awaitThat(() -> told.contains("retried"));
        bus.publish(placed(2)).block(PATIENCE);
        awaitThat(() -> told.containsAll(Set.of("parked", "due", "deadLettered")));
    }

    /** The handler of the first event removes the second, which is in memory already, from the inbox. */
    private void findADuplicate(R2dbcEventBus bus) {
        AtomicInteger handled = new AtomicInteger();
        fixture.subscribe(
                bus,
                ConsumerSpec.named("twin")
                        .on("invoice.sent")
                        .concurrency(1)
                        .transactional(Connection.class, (event, connection) -> {
                            handled.incrementAndGet();
                            return Mono.usingWhen(
                                    fixture.application.create(),
                                    other -> Database.changed(
                                                    other,
                                                    "DELETE FROM %1$s.inbox USING %1$s.outbox_event event"
                                                                    .formatted(fixture.schema())
                                                            + " WHERE event.seq = inbox.seq AND type = 'invoice.sent'"
                                                            + " AND payload::text = '2'",
                                                    statement -> {})
                                            .then(),
                                    Connection::close);
                        }));
        bus.inTransaction(tx -> tx.publishAll(List.of(
                        Event.of("invoice.sent", new RawJson("1")), Event.of("invoice.sent", new RawJson("2")))))
                .block(PATIENCE);
        awaitThat(() -> told.contains("duplicate") && told.contains("completed"));
        assertThat(handled).hasValue(1);
    }

    private void loseTheOthers() {
        awaitThat(() -> told.contains("listening"));
        fixture.terminateListeners();
        awaitThat(() -> told.contains("notListening"));
    }

    /** What was once asked for under a name, and no handler here knows any more. */
    private void releaseAnUnknownType(R2dbcEventBus bus) {
        fixture.subscribe(bus, ConsumerSpec.named("forgetful").on("a.b", "c.d").handle(event -> Mono.empty()))
                .unsubscribe()
                .block(PATIENCE);
        fixture.subscribe(bus, ConsumerSpec.named("forgetful").on("c.d").handle(event -> Mono.empty()));
        bus.publish(Event.of("a.b", new RawJson("1"))).block(PATIENCE);
        awaitThat(() -> told.contains("released"));
        bus.publish(Event.of("nobody.asks", new RawJson("1"))).block(PATIENCE);
    }

    private static Event<RawJson> placed(int number) {
        return Event.builder("order.placed", new RawJson(String.valueOf(number)))
                .key("k")
                .build();
    }
}
