package io.penstock.bus.spring.test;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;

/**
 * A database of its own, on one embedded PostgreSQL for the JVM, for each application context of a test; unless {@code
 * penstock.test.embedded-postgres} is false or the test has connection details or a connection factory of its own.
 */
@AutoConfiguration(before = R2dbcAutoConfiguration.class)
@ConditionalOnProperty(name = "penstock.test.embedded-postgres", matchIfMissing = true)
public class EmbeddedPostgresAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean({R2dbcConnectionDetails.class, ConnectionFactory.class})
    R2dbcConnectionDetails penstockEmbeddedPostgres() {
        ConnectionFactoryOptions options = TestDatabases.create();
        return () -> options;
    }
}
