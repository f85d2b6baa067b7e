package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.DelegatingEventBus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class ConsumerGaugesTests {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void howeverManyMetersAreReadTheDatabaseIsAskedOnceInAnInterval() {
        CountingBus bus = new CountingBus(Mono.just(stats("shipping", "invoicing", "archive")));
        ConsumerGauges gauges = new ConsumerGauges(bus, registry, Duration.ofHours(1));
        gauges.start();
        App.awaitThat(() -> registry.getMeters().size() == 15);
        for (int scrape = 0; scrape < 100; scrape++) {
            registry.getMeters().forEach(Meter::measure);
        }
        gauges.stop();
        assertThat(bus.asked).hasValue(1);
    }

    @Test
    void noLookBeginsWhileAnotherIsNotAnswered() {
        CountingBus bus = new CountingBus(Mono.never());
        ConsumerGauges gauges = new ConsumerGauges(bus, registry, Duration.ofMillis(1));
        gauges.start();
        Flux.interval(Duration.ofMillis(1)).take(50).blockLast(App.PATIENCE);
        gauges.stop();
        assertThat(bus.asked).hasValue(1);
    }

    @Test
    void aConsumerThatIsGoneIsShownNoMore() {
        ConsumerGauges gauges = new ConsumerGauges(new CountingBus(Mono.never()), registry, Duration.ofHours(1));
        gauges.show(stats("shipping", "invoicing"));
        gauges.show(stats("shipping"));
        assertThat(registry.find("penstock.backlog").gauges()).hasSize(1);
    }

    static BusStats stats(String... consumers) {
        return new BusStats(
                Instant.EPOCH,
                List.of(consumers).stream().map(ConsumerGaugesTests::statsOf).toList());
    }

    private static ConsumerStats statsOf(String consumer) {
        return new ConsumerStats(consumer, true, false, 0, Duration.ZERO, 0, 0, 0, 0);
    }

    private static final class CountingBus extends DelegatingEventBus {

        private final AtomicInteger asked = new AtomicInteger();
        private final Mono<BusStats> answer;

        CountingBus(Mono<BusStats> answer) {
            super(null);
            this.answer = answer;
        }

        @Override
        public Mono<BusStats> stats() {
            return Mono.defer(() -> {
                asked.incrementAndGet();
                return answer;
            });
        }
    }
}
