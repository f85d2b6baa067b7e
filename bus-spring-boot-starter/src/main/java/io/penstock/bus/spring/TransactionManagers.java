package io.penstock.bus.spring;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Wrapped;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.connection.TransactionAwareConnectionFactoryProxy;

/** Under which connection factories Spring binds the connection of a transaction in which the bus takes part. */
final class TransactionManagers {

    private TransactionManagers() {}

    /** The factory itself; a transaction-aware proxy would make the bus's own transactions join those of others. */
    static ConnectionFactory target(ConnectionFactory factory) {
        ConnectionFactory at = factory;
        while (at instanceof TransactionAwareConnectionFactoryProxy proxy) {
            at = proxy.unwrap();
        }
        return at;
    }

    /**
     * The factories of the transaction managers on the bus's database, and the bus's own, whose transactions are joined.
     *
     * @throws OtherDatabaseException when there are managers, and none of them is on the bus's database
     */
    static Set<ConnectionFactory> joined(ConnectionFactory bus, Map<String, R2dbcTransactionManager> managers) {
        Set<ConnectionFactory> joined = new LinkedHashSet<>();
        for (R2dbcTransactionManager manager : managers.values()) {
            ConnectionFactory factory = manager.getConnectionFactory();
            if (factory != null && innermost(factory) == innermost(bus)) {
                joined.add(factory);
                joined.add(target(factory));
            }
        }
        if (joined.isEmpty() && !managers.isEmpty()) {
            throw new OtherDatabaseException(managers.keySet());
        }
        joined.add(bus);
        joined.add(target(bus));
        return joined;
    }

    /** Two pools, proxies or both above one driver's factory lead to one database. */
    private static ConnectionFactory innermost(ConnectionFactory factory) {
        ConnectionFactory at = factory;
        while (at instanceof Wrapped<?> wrapped && wrapped.unwrap() instanceof ConnectionFactory inner) {
            at = inner;
        }
        return at;
    }
}
