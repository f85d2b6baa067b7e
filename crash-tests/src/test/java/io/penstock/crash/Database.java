package io.penstock.crash;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.Map;

/** How an application of the rig, a node or a publisher, comes to its connections. */
final class Database {

    private static final int APPLICATION = 10;

    private Database() {}

    static PostgresqlConnectionFactory connections(int port, String database, String isolation) {
        return new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                .host("127.0.0.1")
                .port(port)
                .username("postgres")
                .password("postgres")
                .database(database)
                .applicationName("application")
                .connectTimeout(Duration.ofSeconds(3))
                .options(Map.of("default_transaction_isolation", isolation))
                .build());
    }

    static ConnectionPool pool(ConnectionFactory connections) {
        return new ConnectionPool(ConnectionPoolConfiguration.builder(connections)
                .initialSize(0)
                .maxSize(APPLICATION)
                // After a restart of the server every pooled connection may be dead, and is found so one by one.
                .acquireRetry(APPLICATION)
                .build());
    }
}
