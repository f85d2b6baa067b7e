package io.penstock.bus.spring;

import io.r2dbc.spi.Connection;
import org.springframework.r2dbc.connection.ConnectionHolder;

/** The connection of a delivery's transaction as Spring's code finds it: in a transaction that somebody else ends. */
final class DeliveryConnectionHolder extends ConnectionHolder {

    DeliveryConnectionHolder(Connection connection) {
        super(connection, true);
        setSynchronizedWithTransaction(true);
        // Held for the delivery: the holder forgets its connection once nobody uses it.
        requested();
    }
}
