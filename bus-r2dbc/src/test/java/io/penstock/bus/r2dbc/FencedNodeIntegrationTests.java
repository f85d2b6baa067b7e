package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A node whose beats do not get through starts nothing once its own clock says so, and takes part again later. */
class FencedNodeIntegrationTests {

    private static final int PARTITIONS = 8;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final Cluster cluster = new Cluster(fixture);
    private final Keyed.Log log = new Keyed.Log();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aNodeThatCannotBeatStartsNothingUntilItCanAgain() {
        R2dbcEventBus a = join("a");
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a"));

        muteBeatsOf("a");
        awaitThat(() -> leasesInForce() == 0);
        publish(a, 0);
        publish(a, 1);
        awaitAnotherFailedBeat();
        assertThat(fixture.inbox("c")).isEqualTo(Map.of(0, 20L));
        assertThat(cluster.starts).isEmpty();

        unmuteBeats();
        awaitThat(() -> fixture.count("inbox") == 0 && cluster.isFair("c", PARTITIONS, "a"));
        assertEachKeyHandled(2);
    }

    @Test
    void whatAMutedNodeHeldIsHandledByTheOthersAndSharedAgainWhenItIsBack() {
        R2dbcEventBus a = join("a");
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a"));
        join("b");
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a", "b"));
        publish(a, 0);
        awaitThat(() -> fixture.count("inbox") == 0);

        muteBeatsOf("a");
        awaitThat(() -> cluster.shares("c").getOrDefault("b", 0L) == PARTITIONS);
        int before = startsOn("a");
        publish(a, 1);
        awaitThat(() -> fixture.count("inbox") == 0);
        assertThat(startsOn("a")).isEqualTo(before);

        unmuteBeats();
        awaitThat(() -> cluster.isFair("c", PARTITIONS, "a", "b"));
        publish(a, 2);
        awaitThat(() -> fixture.count("inbox") == 0);
        assertEachKeyHandled(3);
        assertThat(startsOn("a")).isGreaterThan(before);
    }

    private void assertEachKeyHandled(int times) {
        List<Integer> places = times == 2 ? List.of(0, 1) : List.of(0, 1, 2);
        assertThat(log.places)
                .hasSize(10)
                .allSatisfy((key, handled) -> assertThat(handled).containsExactlyElementsOf(places));
        assertThat(cluster.starts.values()).allMatch(on -> on.size() == 1);
    }

    /** The database refuses what the node says of itself, which undoes the whole statement. */
    private void muteBeatsOf(String node) {
        execute(
                "CREATE FUNCTION %1$s.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'");
        execute("CREATE TRIGGER refuse BEFORE INSERT ON %1$s.node FOR EACH ROW WHEN (new.name = '" + node
                + "') EXECUTE FUNCTION %1$s.refuse()");
    }

    private void unmuteBeats() {
        execute("DROP TRIGGER refuse ON %1$s.node");
    }

    private void execute(String sql) {
        fixture.execute(sql.formatted(fixture.schema()));
    }

    private long leasesInForce() {
        return fixture.count("partition_lease WHERE expires_at > clock_timestamp()");
    }

    private int startsOn(String node) {
        return (int)
                cluster.starts.values().stream().filter(on -> on.contains(node)).count();
    }

    /** The publishes have woken the consumer long before. */
    private void awaitAnotherFailedBeat() {
        int before = fixture.listener.failures.size();
        awaitThat(() -> fixture.listener.failures.size() > before);
    }

    private R2dbcEventBus join(String node) {
        R2dbcEventBus bus = cluster.join(node, options -> options.lease(Duration.ofSeconds(2)));
        Cluster.subscribe(
                bus,
                ConsumerSpec.named("c")
                        .on(Keyed.TYPE, Keyed.class)
                        .partitions(PARTITIONS)
                        .ordered()
                        .handle(event -> Mono.fromRunnable(() -> log.add(event.payload()))));
        return bus;
    }

    private static void publish(R2dbcEventBus bus, int place) {
        bus.publishAll(Flux.range(0, 10).<Event<?>>map(key -> Keyed.event("k" + key, place)))
                .blockLast(PATIENCE);
    }
}
