package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Whether twins have what the machine has: connections on one thread would use one processor. */
class R2dbcIntegrationTests {

    private static final int SIZE = 8;

    private final Server server = Server.at(TestServer.url());
    private final ConnectionPool pool = R2dbc.twinPool(server.address(), SIZE);

    @AfterEach
    void close() {
        Blocking.await(pool.disposeLater());
        server.close();
    }

    @Test
    void aFilledPoolHasAllItsConnectionsOnSeveralThreads() {
        R2dbc.fill(pool);

        assertThat(pool.getMetrics().map(PoolMetrics::idleSize)).hasValue(SIZE);
        List<Connection> connections = Flux.range(0, SIZE)
                .flatMap(i -> pool.create(), SIZE)
                .collectList()
                .block();
        assertThat(threads(connections)).hasSizeGreaterThan(1);
        Blocking.await(R2dbc.close(connections));
    }

    @Test
    void soHasATwinThatOpensItsOwn() {
        List<Connection> connections = R2dbc.open(server.address(), SIZE);

        assertThat(threads(connections)).hasSizeGreaterThan(1);
        Blocking.await(R2dbc.close(connections));
    }

    private static Set<String> threads(List<Connection> connections) {
        return Blocking.get(Flux.fromIterable(connections)
                .flatMap(connection -> R2dbc.rows(
                        connection,
                        "SELECT 1",
                        statement -> {},
                        row -> Thread.currentThread().getName()))
                .collect(Collectors.toSet()));
    }
}
