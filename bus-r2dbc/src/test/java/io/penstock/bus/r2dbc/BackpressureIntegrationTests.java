package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** However much is pending, memory holds a window of it, and a slow consumer is nobody else's concern. */
class BackpressureIntegrationTests {

    private static final int PENDING = 100_000;
    private static final int POLLS = 4;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @Test
    void aHandlerThatDoesNotCompleteHoldsItsWindowAndNothingElse() {
        R2dbcEventBus bus = fixture.bus(
                options -> options.pollInterval(Duration.ofMillis(20)).grace(Duration.ofMillis(100)));
        bus.subscribe(slow(Mono.never())).block(PATIENCE).unsubscribe().block(PATIENCE);
        fill("slow", "'hot' || i % 1000");
        AtomicInteger started = new AtomicInteger();
        fixture.subscribe(bus, slow(Mono.fromRunnable(started::incrementAndGet).then(Mono.never())));
        AtomicInteger quick = new AtomicInteger();
        fixture.subscribe(bus, ConsumerSpec.named("quick").on("order.*").handle(event -> {
            quick.incrementAndGet();
            return Mono.empty();
        }));

        awaitThat(() -> fixture.stats(bus, "slow").inFlight() == 24);
        bus.publishAll(BusFixture.range(500, i -> Event.of("order.placed", Map.of("i", i))))
                .blockLast(PATIENCE);

        awaitThat(() -> quick.get() == 500);
        // Polls later, as nothing else tells of these rows, and with 500 rows more to deliver, not one more was taken.
        for (int i = 1; i <= POLLS; i++) {
            int found = 500 + i;
            fill("quick", "'quick'", 1);
            awaitThat(() -> quick.get() == found);
        }
        assertThat(fixture.stats(bus, "slow").inFlight()).isEqualTo(24);
        assertThat(started).hasValue(8);
        assertThat(fixture.listener.claimedRows).hasValue(24 + 500 + POLLS);
        assertThat(fixture.inbox("slow")).isEqualTo(Map.of(0, PENDING + 500L));
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void aHotKeyWithASlowHeadDoesNotStarveTheOtherKeys() {
        R2dbcEventBus bus = fixture.bus();
        bus.subscribe(ordered(event -> Mono.empty()))
                .block(PATIENCE)
                .unsubscribe()
                .block(PATIENCE);
        fill("ordered", "CASE WHEN i <= 5000 THEN 'hot' ELSE 'cold' || i % 7 END", 5_100);
        Sinks.Empty<Void> head = Sinks.empty();
        Set<Integer> cold = ConcurrentHashMap.newKeySet();
        AtomicInteger hot = new AtomicInteger();
        AtomicInteger outOfOrder = new AtomicInteger();
        fixture.subscribe(bus, ordered(event -> {
            int number = Integer.parseInt(event.payload().text());
            if (number > 5_000) {
                cold.add(number);
                return Mono.empty();
            }
            if (hot.incrementAndGet() != number) {
                outOfOrder.incrementAndGet();
            }
            return number == 1 ? head.asMono() : Mono.empty();
        }));

        awaitThat(() -> cold.size() == 100);
        assertThat(hot).hasValue(1);
        head.tryEmitEmpty();
        awaitThat(() -> fixture.count("inbox") == 0);

        assertThat(hot).hasValue(5_000);
        assertThat(outOfOrder).hasValue(0);
        assertThat(fixture.listener.retries).isEmpty();
        assertThat(fixture.listener.failures).isEmpty();
    }

    @Test
    void asManyHandlersRunAtOnceAsTheConcurrencySaysAndNeverMore() {
        R2dbcEventBus bus = fixture.bus();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Sinks.Many<Integer> gate = Sinks.many().replay().all();
        fixture.subscribe(
                bus, ConsumerSpec.named("c").on("*").concurrency(7).prefetch(20).handle(event -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    return gate.asFlux()
                            .next()
                            .doOnNext(open -> running.decrementAndGet())
                            .then();
                }));

        // At once: a claim that sees fewer than it has room for is followed by one only when half of the prefetch is
        // free.
        List<Event<?>> events = IntStream.range(0, 300)
                .<Event<?>>mapToObj(i -> Event.of("order.placed", Map.of("i", i)))
                .toList();
        bus.inTransaction(tx -> tx.publishAll(events)).block(PATIENCE);
        awaitThat(() -> running.get() == 7 && fixture.stats(bus, "c").inFlight() == 27);
        gate.tryEmitNext(1);
        awaitThat(() -> fixture.count("inbox") == 0);

        assertThat(most).hasValue(7);
        assertThat(fixture.listener.completed).hasValue(300);
    }

    private static ConsumerSpec<?> slow(Mono<Void> handler) {
        return ConsumerSpec.named("slow")
                .on("*")
                .concurrency(8)
                .prefetch(16)
                .timeout(Duration.ofMinutes(10))
                .handle(event -> handler);
    }

    private static ConsumerSpec<?> ordered(Function<Event<RawJson>, Mono<Void>> handler) {
        return ConsumerSpec.named("ordered")
                .on("*")
                .ordered()
                .concurrency(4)
                .prefetch(60)
                .timeout(Duration.ofMinutes(10))
                .handle(handler);
    }

    private void fill(String consumer, String key) {
        fill(consumer, key, PENDING);
    }

    /** Rows as the publishing statement writes them; {@code i} counts from 1. */
    private void fill(String consumer, String key, int rows) {
        fixture.execute("""
                WITH stored AS (
                    INSERT INTO %1$s.outbox_event (id, key_hash, occurred_at, version, type, source, key, payload)
                    SELECT gen_random_uuid(), hashtextextended(%3$s, 0), now(), 1, 'order.filled', 'test', %3$s,
                           i::text::json
                      FROM generate_series(1, %4$s) AS i
                    RETURNING seq, key_hash)
                INSERT INTO %1$s.inbox (consumer_id, seq, key_hash, partition)
                SELECT id, seq, key_hash, (key_hash & 9223372036854775807) %% partitions
                  FROM stored CROSS JOIN %1$s.consumer WHERE name = '%2$s'
                """.formatted(fixture.schema(), consumer, key, rows));
    }
}
