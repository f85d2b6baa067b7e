package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** The connection that listens breaks in each of the ways in which connections break, and the node finds out. */
class ListeningIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final RecordingListener there = new RecordingListener();
    private final AtomicInteger delivered = new AtomicInteger();
    private MutableServer network;

    @BeforeEach
    void openNetwork() throws IOException {
        network = new MutableServer(TestServer.port());
    }

    @AfterEach
    void closeNetwork() throws IOException {
        network.close();
    }

    @Test
    void aTerminatedBackendIsReplacedAndWhatNoSignalToldOfIsDelivered() {
        R2dbcEventBus here = fixture.bus();
        listening(options -> options);
        publishWithoutSignal(here);

        List<Integer> before = fixture.listeners();
        assertThat(before).hasSize(1);
        fixture.terminateListeners();

        awaitThat(() -> there.listening.get() == 2 && delivered.get() == 1);
        assertThat(there.notListening).isNotEmpty();
        assertThat(fixture.listeners()).hasSize(1).isNotEqualTo(before);
        publish(here);
        awaitThat(() -> delivered.get() == 2);
    }

    @Test
    void aCutConnectionIsReplacedAndWhatNoSignalToldOfIsDelivered() throws IOException {
        R2dbcEventBus here = fixture.bus();
        listening(options -> options);
        publishWithoutSignal(here);

        assertThat(network.cutListeners()).isEqualTo(1);

        awaitThat(() -> there.listening.get() == 2 && delivered.get() == 1);
        assertThat(there.notListening).isNotEmpty();
        publish(here);
        awaitThat(() -> delivered.get() == 2);
    }

    @Test
    void aFrozenConnectionIsNoticedAndReplacedAndWhatItSwallowedIsDelivered() {
        R2dbcEventBus here = fixture.bus();
        listening(options -> options.lease(Duration.ofSeconds(1)));

        assertThat(network.muteListeners()).isEqualTo(1);
        publish(here);
        // Not by the first failed attempt either: nothing else than to hear again makes it look.
        awaitThat(() -> there.notListening.size() >= 2);
        assertThat(delivered).hasValue(0);
        int heard = there.listening.get();
        network.hearListenersAgain();

        awaitThat(() -> there.listening.get() > heard && delivered.get() == 1);
        publish(here);
        awaitThat(() -> delivered.get() == 2);
    }

    @Test
    void whileNothingIsHeardThePollDelivers() {
        R2dbcEventBus here = fixture.bus();
        listening(options -> options.lease(Duration.ofSeconds(1)).pollInterval(Duration.ofMillis(50)));

        assertThat(network.muteListeners()).isEqualTo(1);
        awaitThat(() -> !there.notListening.isEmpty());
        int heard = there.listening.get();
        for (int i = 0; i < 20; i++) {
            publish(here);
        }

        awaitThat(() -> delivered.get() == 20 && fixture.count("inbox") == 0);
        assertThat(there.listening).hasValue(heard);
    }

    @Test
    void aNodeThatHearsNothingIsClosedLikeAnyOther() {
        R2dbcEventBus other = listening(options -> options.lease(Duration.ofSeconds(1)));

        assertThat(network.muteListeners()).isEqualTo(1);
        awaitThat(() -> !there.notListening.isEmpty());
        other.close().block(PATIENCE);

        assertThat(fixture.count("partition_lease WHERE node_id IS NOT NULL")).isZero();
        assertThat(there.failures).isEmpty();
    }

    /** A bus behind the network that has all of the consumer, hears of everything and has nothing left to look for. */
    private R2dbcEventBus listening(UnaryOperator<BusOptions.Builder> more) {
        R2dbcEventBus other = fixture.bus(
                connections(), more.apply(fixture.options().listener(there)).build());
        fixture.subscribe(
                other, ConsumerSpec.named("c").on("*").handle(event -> Mono.fromRunnable(delivered::incrementAndGet)));
        awaitThat(() -> there.listening.get() == 1 && there.leased.get() == 32);
        awaitThat(() -> there.claims.get() > 0);
        return other;
    }

    private PostgresqlConnectionFactory connections() {
        return new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host("localhost")
                .port(network.port())
                .username("postgres")
                .password("postgres")
                .database("postgres")
                .build());
    }

    private static void publish(R2dbcEventBus bus) {
        bus.publish(event()).block(PATIENCE);
    }

    /** As if its signal had been lost: it is stored, and nobody is told. */
    private void publishWithoutSignal(R2dbcEventBus bus) {
        Mono.usingWhen(fixture.application.create(), connection -> bus.publish(connection, event()), Connection::close)
                .block(PATIENCE);
        assertThat(fixture.count("inbox")).isEqualTo(1);
    }

    private static Event<RawJson> event() {
        return Event.of("order.placed", new RawJson("{}"));
    }
}
