package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What nodes whose clocks are an hour or more apart publish and keep: the database's clock is the only one. */
class ClockIntegrationTests {

    private static final Duration OFF = Duration.ofHours(1);

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Cluster cluster = new Cluster(fixture);
    private final Keyed.Log log = new Keyed.Log();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void idsAndTimesFromClocksTwoHoursApartChangeNeitherOrderNorDelivery() {
        R2dbcEventBus early = join("early");
        R2dbcEventBus late = join("late");
        awaitThat(() -> cluster.isFair("c", 32, "early", "late"));

        for (int place = 0; place < 20; place++) {
            // In turns: each event that follows seems to be two hours older or younger.
            R2dbcEventBus publisher = place % 2 == 0 ? late : early;
            Duration off = place % 2 == 0 ? OFF : OFF.negated();
            publisher.publishAll(at("k", place, off)).blockLast(PATIENCE);
        }

        awaitThat(() -> fixture.count("inbox") == 0);
        List<Integer> inOrder = IntStream.range(0, 20).boxed().toList();
        assertThat(log.places)
                .hasSize(10)
                .allSatisfy((key, places) -> assertThat(places).containsExactlyElementsOf(inOrder));
        assertThat(fixture.count("outbox_event WHERE occurred_at > created_at + interval '59 minutes'"))
                .isEqualTo(100);
        assertThat(fixture.count("outbox_event WHERE occurred_at < created_at - interval '59 minutes'"))
                .isEqualTo(100);
    }

    @Test
    void retentionCountsFromWhenTheDatabaseStoredAnEventWhateverItsOwnTimeIs() {
        R2dbcEventBus bus = fixture.bus(options -> options.retention(Duration.ofMinutes(30)));
        bus.publishAll(at("behind", 0, OFF.negated())).blockLast(PATIENCE);
        bus.publishAll(at("ahead", 0, OFF)).blockLast(PATIENCE);

        assertThat(bus.retire().block(PATIENCE)).isZero();
        fixture.execute("UPDATE %s.outbox_event SET created_at = created_at - interval '31 minutes'"
                .formatted(fixture.schema()));

        assertThat(bus.retire().block(PATIENCE)).isEqualTo(20);
    }

    private R2dbcEventBus join(String node) {
        R2dbcEventBus bus = cluster.join(node, options -> options.lease(Duration.ofSeconds(3)));
        Cluster.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on(Keyed.TYPE, Keyed.class)
                        .ordered()
                        .handle(event -> Mono.fromRunnable(() -> log.add(event.payload()))));
        return bus;
    }

    /** Ten keys' events, as a publisher would make them whose clock is off by so much. */
    private static Flux<Event<Keyed>> at(String prefix, int place, Duration off) {
        Instant there = Instant.now().plus(off);
        return Flux.range(0, 10)
                .map(key -> Keyed.builder(prefix + key, place)
                        .id(new UUID(
                                there.toEpochMilli() << 16 | 0x7000,
                                Long.MIN_VALUE | UUID.randomUUID().getLeastSignificantBits()))
                        .occurredAt(there)
                        .build());
    }
}
