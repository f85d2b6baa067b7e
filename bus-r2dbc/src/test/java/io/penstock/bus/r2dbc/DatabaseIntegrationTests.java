package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.r2dbc.spi.Connection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class DatabaseIntegrationTests {

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

    private static Mono<Void> answeringThread(Connection connection, Set<String> threads) {
        return Database.rows(connection, "SELECT 1", statement -> {}, row -> row)
                .doOnNext(row -> threads.add(Thread.currentThread().getName()))
                .then();
    }
}
