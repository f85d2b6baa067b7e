package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Transactions of one key that do not overlap keep their order, also when others have been read past the first. */
class OrderAfterLateCommitIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Keyed.Log log = new Keyed.Log();

    /** The first one commits after another key was read past it, and nobody tells the bus, as nobody has to. */
    @Test
    void theSecondEventOfAKeyIsNotDeliveredAheadOfAFirstThatWasCommittedLateAndWithoutAWord() {
        R2dbcEventBus bus = fixture.bus(options -> options.pollInterval(Duration.ofSeconds(1)));
        fixture.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on(Keyed.TYPE, Keyed.class)
                        .ordered()
                        .handle(event -> Mono.fromRunnable(() -> log.add(event.payload()))));

        Mono.usingWhen(
                        fixture.application.create(),
                        connection -> Mono.from(connection.beginTransaction())
                                .then(bus.publish(connection, Keyed.event("k", 1)))
                                .then(bus.publish(Keyed.event("other", 1)))
                                .then(handled("other"))
                                .then(Mono.defer(() -> Mono.from(connection.commitTransaction()))),
                        Connection::close)
                .block(PATIENCE);
        bus.publish(Keyed.event("k", 2)).block(PATIENCE);

        awaitThat(() -> log.of("k").size() == 2);
        assertThat(log.of("k")).containsExactly(1, 2);
    }

    private Mono<Void> handled(String key) {
        return Flux.interval(Duration.ofMillis(5))
                .onBackpressureDrop()
                .takeUntil(tick -> !log.of(key).isEmpty())
                .then();
    }
}
