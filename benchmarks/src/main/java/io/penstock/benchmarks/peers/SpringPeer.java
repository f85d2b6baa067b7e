package io.penstock.benchmarks.peers;

import java.util.Map;
import java.util.function.Consumer;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/** An application on Spring Boot for the libraries that want one; data source and transactions are the cell's. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class SpringPeer {

    /** Starts it; the pool is not its own, and stays open when it closes. */
    static ConfigurableApplicationContext start(
            PeerDatabase database, Map<String, Object> properties, Consumer<GenericApplicationContext> beans) {
        return new SpringApplicationBuilder(SpringPeer.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .registerShutdownHook(false)
                .properties(properties)
                .initializers(context -> {
                    context.getBeanFactory().registerSingleton("dataSource", database.source());
                    context.getBeanFactory().registerSingleton("transactionManager", database.transactionManager());
                    beans.accept((GenericApplicationContext) context);
                })
                .run();
    }
}
