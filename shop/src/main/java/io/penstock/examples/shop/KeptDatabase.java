package io.penstock.examples.shop;

import io.r2dbc.spi.ConnectionFactoryOptions;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;

/**
 * The shop's own PostgreSQL, unless {@code spring.r2dbc.url} names another. Ends after all that uses it. Not a component:
 * only the program wants it, not its tests.
 */
@ConditionalOnProperty(name = "spring.r2dbc.url", havingValue = "none", matchIfMissing = true)
class KeptDatabase {

    @Bean
    KeptServer keptServer(ShopProperties properties) {
        return KeptServer.start(properties.data());
    }

    @Bean
    R2dbcConnectionDetails keptServerConnections(KeptServer server) {
        ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(server.url());
        return () -> options;
    }
}
