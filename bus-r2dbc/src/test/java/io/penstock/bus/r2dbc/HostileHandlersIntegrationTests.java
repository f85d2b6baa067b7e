package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.RetryPolicy;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Whatever a handler does is one failed attempt, and nobody else notices. */
class HostileHandlersIntegrationTests {

    private static final String HEALTHY = "healthy";

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Queue<String> wrongThreads = new ConcurrentLinkedQueue<>();
    private final Map<Kind, AtomicInteger> runs = new EnumMap<>(Kind.class);
    private final AtomicInteger healthyRuns = new AtomicInteger();

    @ParameterizedTest
    @EnumSource(Hostility.class)
    void aHandlerThatMisbehavesUsesOneAttemptAndSucceedsOnTheNext(Hostility hostility) {
        R2dbcEventBus bus = fixture.bus();
        subscribeHealthy(bus);
        for (Kind kind : Kind.values()) {
            runs.put(kind, new AtomicInteger());
            fixture.subscribe(bus, kind.spec(hostility.timeout(), () -> firstRunOnly(kind, hostility)));
        }

        bus.publish(event()).block(PATIENCE);
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(runs)
                .allSatisfy((kind, count) ->
                        assertThat(count).as("runs of %s", kind).hasValue(2));
        assertThat(fixture.listener.retries).hasSize(Kind.values().length);
        bus.publish(event()).block(PATIENCE);
        awaitThat(() -> fixture.count("inbox") == 0);

        assertThat(runs)
                .allSatisfy((kind, count) ->
                        assertThat(count).as("runs of %s", kind).hasValue(3));
        assertThat(healthyRuns).hasValue(2);
        assertThat(fixture.listener.dead).isEmpty();
        assertThat(fixture.listener.released).isEmpty();
        assertThat(fixture.listener.failures).isEmpty();
        assertThat(wrongThreads).isEmpty();
    }

    private Mono<Void> firstRunOnly(Kind kind, Hostility hostility) {
        noteThread();
        return runs.get(kind).incrementAndGet() == 1 ? hostility.run() : Mono.empty();
    }

    private void subscribeHealthy(R2dbcEventBus bus) {
        fixture.subscribe(bus, ConsumerSpec.named(HEALTHY).on("*").ordered().handle(event -> {
            noteThread();
            healthyRuns.incrementAndGet();
            return Mono.empty();
        }));
    }

    private void noteThread() {
        String name = Thread.currentThread().getName();
        if (Schedulers.isInNonBlockingThread() || !name.startsWith("penstock-handler")) {
            wrongThreads.add(name);
        }
    }

    private static Event<?> event() {
        return Event.of("order.placed", Map.of("id", 1));
    }

    private enum Kind {
        PLAIN {
            @Override
            ConsumerSpec<RawJson> spec(Duration timeout, Supplier<Mono<Void>> handler) {
                return named(timeout).handle(event -> handler.get());
            }
        },
        TRANSACTIONAL {
            @Override
            ConsumerSpec<RawJson> spec(Duration timeout, Supplier<Mono<Void>> handler) {
                return named(timeout).transactional(Connection.class, (event, connection) -> handler.get());
            }
        },
        BATCH {
            @Override
            ConsumerSpec<RawJson> spec(Duration timeout, Supplier<Mono<Void>> handler) {
                return named(timeout).handleBatch(events -> handler.get());
            }
        },
        TRANSACTIONAL_BATCH {
            @Override
            ConsumerSpec<RawJson> spec(Duration timeout, Supplier<Mono<Void>> handler) {
                return named(timeout).transactionalBatch(Connection.class, (events, connection) -> handler.get());
            }
        };

        abstract ConsumerSpec<RawJson> spec(Duration timeout, Supplier<Mono<Void>> handler);

        /** One handler at a time, so that one that held its slot for good would be seen. */
        ConsumerSpec.Builder<RawJson> named(Duration timeout) {
            return ConsumerSpec.named(name())
                    .on("order.placed")
                    .concurrency(1)
                    .timeout(timeout)
                    .retry(RetryPolicy.attempts(5).withBackoff(Duration.ofMillis(1), Duration.ofMillis(1)));
        }
    }
}
