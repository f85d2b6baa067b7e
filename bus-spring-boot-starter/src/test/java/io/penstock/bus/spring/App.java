package io.penstock.bus.spring;

import static org.awaitility.Awaitility.await;

import io.penstock.bus.ConsumerStats;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.r2dbc.core.DatabaseClient;

/** A running application on the test server, with a schema of its own and tables that it drops when it begins. */
final class App implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    final ConfigurableApplicationContext context;

    private App(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** The application's properties are pairs, {@code name=value}. */
    static App run(Class<?> test, WebApplicationType web, Class<?> configuration, String... properties) {
        Map<String, Object> all = new LinkedHashMap<>(TestServer.properties());
        all.put("penstock.schema", schema(test));
        all.put("penstock.grace", "10s");
        all.put("penstock.poll-interval", "1h");
        all.put("server.port", "0");
        all.put("spring.main.banner-mode", "off");
        return new App(new SpringApplicationBuilder(configuration)
                .web(web)
                .properties(all)
                .properties(properties)
                .run());
    }

    static App run(Class<?> test, Class<?> configuration, String... properties) {
        return run(test, WebApplicationType.NONE, configuration, properties);
    }

    static String schema(Class<?> test) {
        return test.getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    <B> B bean(Class<B> type) {
        return context.getBean(type);
    }

    EventBus bus() {
        return bean(EventBus.class);
    }

    void publish(Object payload) {
        bus().publish(Event.of(payload)).block(PATIENCE);
    }

    ConsumerStats stats(String consumer) {
        return bus().stats().block(PATIENCE).of(consumer);
    }

    void execute(String sql) {
        client().sql(sql).fetch().rowsUpdated().block(PATIENCE);
    }

    long count(String from) {
        return client().sql("SELECT count(*) AS n FROM " + from)
                .map(row -> row.get("n", Long.class))
                .one()
                .block(PATIENCE);
    }

    DatabaseClient client() {
        return DatabaseClient.create(bean(ConnectionFactory.class));
    }

    static void awaitThat(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(condition);
    }

    @Override
    public void close() {
        context.close();
    }
}
