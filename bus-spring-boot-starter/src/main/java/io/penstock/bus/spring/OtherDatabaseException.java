package io.penstock.bus.spring;

import io.r2dbc.spi.ConnectionFactory;
import org.jspecify.annotations.Nullable;

/** The bus and the transaction manager are on different connection factories: no event would commit with the data. */
final class OtherDatabaseException extends RuntimeException {

    OtherDatabaseException(ConnectionFactory bus, @Nullable ConnectionFactory manager) {
        super("The bus is on the connection factory " + bus + ", the transaction manager on " + manager
                + ": events would not commit with the application's data");
    }
}
