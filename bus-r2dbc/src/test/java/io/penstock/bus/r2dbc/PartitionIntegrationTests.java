package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.spi.Readable;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The node computes a row's partition and does not read it: it has to be the one that was written. */
class PartitionIntegrationTests {

    private static final int EVENTS = 200;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 32, 100})
    void theNodeKnowsTheStoredPartitionByTheKey(int partitions) {
        R2dbcEventBus bus = fixture.bus();
        ConsumerSpec<RawJson> spec = ConsumerSpec.named("consumer")
                .on("order.*")
                .partitions(partitions)
                .handle(event -> Mono.empty());
        fixture.subscribe(bus, spec).unsubscribe().block(PATIENCE);
        bus.publish(event(0)).block(PATIENCE);
        bus.publishAll(Flux.range(1, EVENTS - 1).map(PartitionIntegrationTests::event))
                .then()
                .block(PATIENCE);

        List<Slot> stored = fixture.all(
                "SELECT key_hash, partition::int4 AS partition FROM %s.inbox".formatted(fixture.schema()), Slot::of);

        Registered registered = new Registered(1, spec, false);
        assertThat(stored).hasSize(EVENTS).anyMatch(slot -> slot.keyHash() < 0);
        assertThat(stored)
                .allSatisfy(slot ->
                        assertThat(registered.partitionOf(slot.keyHash())).isEqualTo(slot.partition()));
    }

    private static Event<RawJson> event(int number) {
        return Event.builder("order.placed", new RawJson("{}"))
                .key("key-" + number)
                .build();
    }

    private record Slot(long keyHash, int partition) {

        static Slot of(Readable row) {
            return new Slot(Rows.required(row, "key_hash", Long.class), Rows.required(row, "partition", Integer.class));
        }
    }
}
