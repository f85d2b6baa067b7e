package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The simulated carrier fails often enough to be seen, and always at the same attempts. */
class CarrierTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void oneAttemptInTwentyFailsAndEachRunFailsTheSame() {
        List<Boolean> first = shipped(new Carrier(null));

        assertThat(first.stream().filter(shipped -> !shipped).count()).isBetween(400L, 600L);
        assertThat(shipped(new Carrier(null))).isEqualTo(first);
    }

    @Test
    void aPoisonedOrderFailsUntilTheCarrierIsRepaired() {
        Carrier carrier = new Carrier("o-1");
        Order order = order("o-1");

        assertThat(Flux.range(1, 50)
                        .concatMap(attempt -> shipped(carrier, order, attempt))
                        .collectList()
                        .block(PATIENCE))
                .containsOnly(false);
        carrier.repair();
        assertThat(Flux.range(1, 50)
                        .concatMap(attempt -> shipped(carrier, order, attempt))
                        .collectList()
                        .block(PATIENCE))
                .contains(true);
    }

    private static List<Boolean> shipped(Carrier carrier) {
        return Flux.range(0, 10_000)
                .flatMapSequential(i -> shipped(carrier, order("o-" + i / 4), 1 + i % 4), 1_000)
                .collectList()
                .block(PATIENCE);
    }

    private static Mono<Boolean> shipped(Carrier carrier, Order order, int attempt) {
        return carrier.ship(order, attempt).thenReturn(true).onErrorReturn(Carrier.RefusedException.class, false);
    }

    private static Order order(String orderId) {
        return new Order(orderId, "c-1", List.of(), BigDecimal.ONE, Instant.EPOCH);
    }
}
