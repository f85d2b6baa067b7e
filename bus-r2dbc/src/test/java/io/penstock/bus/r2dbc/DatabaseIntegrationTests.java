package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

class DatabaseIntegrationTests {

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    /** Each connection is opened while one answers on its thread, as happens under load. */
    @Test
    void connectionsOpenedFromThreadsOfTheDriverSpreadOverSeveralOfThem() {
        Database database = new Database(TestServer.connections(), new SchemaName("penstock"), 4);
        Set<String> threads = ConcurrentHashMap.newKeySet();

        database.with(first -> answeringThread(first, threads)
                        .then(database.with(second -> answeringThread(second, threads)
                                .then(database.with(third -> answeringThread(third, threads)
                                        .then(database.with(fourth -> answeringThread(fourth, threads))))))))
                .block(PATIENCE);
        database.close().block(PATIENCE);

        assertThat(threads).hasSizeGreaterThan(1);
    }

    @Test
    void aStartedBusHasItsConnections() {
        AtomicInteger opened = new AtomicInteger();

        fixture.bus(opening(opened, 10), fixture.options().connections(3).build());

        assertThat(opened).as("one of them to renew leases").hasValue(3 + 1);
    }

    @Test
    void aBusStartsAlsoWhereNotAllItsConnectionsCanBeOpenedYet() {
        AtomicInteger opened = new AtomicInteger();

        R2dbcEventBus bus =
                fixture.bus(opening(opened, 2), fixture.options().connections(3).build());

        bus.publish(Keyed.event("a", 0)).block(PATIENCE);
        assertThat(opened).hasValueGreaterThan(2);
        assertThat(fixture.count("outbox_event")).isEqualTo(1);
    }

    /** As behind a pooler that lets only some in and keeps the others waiting. */
    @Test
    void aBusStartsAlsoWhereAConnectionIsNotOpenedForLong() {
        AtomicInteger asked = new AtomicInteger();

        R2dbcEventBus bus = fixture.bus(
                opening(asked, 2, Mono.never()),
                fixture.options().connections(3).build());

        bus.publish(Keyed.event("a", 0)).block(PATIENCE);
        assertThat(asked).hasValueGreaterThan(2);
    }

    /** Refuses all connections beyond so many. */
    private static ConnectionFactory opening(AtomicInteger opened, int most) {
        return opening(opened, most, Mono.error(new R2dbcNonTransientResourceException("too many connections")));
    }

    private static ConnectionFactory opening(AtomicInteger opened, int most, Mono<Connection> further) {
        return new ConnectionFactory() {
            @Override
            public Mono<Connection> create() {
                return Mono.defer(() -> opened.incrementAndGet() > most
                        ? further
                        : TestServer.connections().create().cast(Connection.class));
            }

            @Override
            public ConnectionFactoryMetadata getMetadata() {
                return TestServer.connections().getMetadata();
            }
        };
    }

    private static Mono<Void> answeringThread(Connection connection, Set<String> threads) {
        return Database.rows(connection, "SELECT 1", statement -> {}, row -> row)
                .doOnNext(row -> threads.add(Thread.currentThread().getName()))
                .then();
    }
}
