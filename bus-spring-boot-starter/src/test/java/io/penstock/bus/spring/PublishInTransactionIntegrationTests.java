package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.PublishResult;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.connection.TransactionAwareConnectionFactoryProxy;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalApplicationListener;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class PublishInTransactionIntegrationTests {

    private static final Class<?> TEST = PublishInTransactionIntegrationTests.class;
    private static final String TABLE = App.schema(TEST) + "_orders";
    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(TEST, WebApplicationType.REACTIVE, Shop.class);
        app.execute("DROP TABLE IF EXISTS " + TABLE);
        app.execute(Orders.table(TEST));
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void anEventOfATransactionalMethodIsStoredAndDeliveredWithItsCommit() {
        app.bean(Orders.class).place(TABLE, "annotated", Mono.empty()).block(App.PATIENCE);
        App.awaitThat(() -> delivered("annotated"));
        assertThat(orders("annotated")).isOne();
    }

    @Test
    void anEventOfATransactionalOperatorIsStoredAndDeliveredWithItsCommit() {
        app.bean(Orders.class).placeByOperator(TABLE, "operator", Mono.empty()).block(App.PATIENCE);
        App.awaitThat(() -> delivered("operator"));
    }

    @Test
    void anErrorAfterThePublishRollsBackTheEventToo() {
        Mono<Void> place =
                app.bean(Orders.class).place(TABLE, "failed", Mono.error(new IllegalStateException("no stock")));
        assertThatThrownBy(() -> place.block(App.PATIENCE)).hasMessage("no stock");
        assertThat(orders("failed")).isZero();
        assertThat(events("failed")).isZero();
    }

    @Test
    void aCancelBeforeTheCommitRollsBackTheEventToo() {
        Sinks.Empty<Void> published = Sinks.empty();
        Disposable request = app.bean(Orders.class)
                .place(
                        TABLE,
                        "cancelled",
                        Mono.fromRunnable(published::tryEmitEmpty).then(Mono.never()))
                .subscribe();
        published.asMono().block(App.PATIENCE);
        request.dispose();
        App.awaitThat(() -> openTransactions() == 0);
        assertThat(orders("cancelled")).isZero();
        assertThat(events("cancelled")).isZero();
    }

    @Test
    void aClientThatHangsUpRollsBackOrderAndEventTogether() throws IOException {
        Requests requests = app.bean(Requests.class);
        try (Socket client = new Socket("localhost", port())) {
            client.getOutputStream()
                    .write("POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().flush();
            requests.published.asMono().block(App.PATIENCE);
        }
        requests.cancelled.asMono().block(App.PATIENCE);
        App.awaitThat(() -> openTransactions() == 0);
        assertThat(orders("requested")).isZero();
        assertThat(events("requested")).isZero();
    }

    @Test
    void aStreamOfEventsJoinsTheTransactionToo() {
        Flux<PublishResult> results =
                app.bus().publishAll(Flux.just("s1", "s2").map(id -> Event.of(new OrderPlaced(id, 1))));
        List<PublishResult> stored = results.collectList()
                .as(app.bean(TransactionalOperator.class)::transactional)
                .block(App.PATIENCE);
        assertThat(stored).hasSize(2).allMatch(PublishResult::isStored);
        App.awaitThat(() -> delivered("s2"));
        Mono<Void> rolledBack = app.bus()
                .publishAll(Flux.just(Event.of(new OrderPlaced("s3", 1))))
                .then(Mono.<Void>error(new IllegalStateException("no stock")))
                .as(app.bean(TransactionalOperator.class)::transactional);
        assertThatThrownBy(() -> rolledBack.block(App.PATIENCE)).hasMessage("no stock");
        assertThat(events("s3")).isZero();
    }

    @Test
    void aTransactionAwareProxyChangesNothing() {
        try (App proxied = App.run(getClass(), Proxied.class, "penstock.start-consumers=false")) {
            Orders orders = proxied.bean(Orders.class);
            orders.place(TABLE, "proxied", Mono.empty()).block(App.PATIENCE);
            assertThat(orders("proxied")).isOne();
            assertThat(events("proxied")).isOne();
            Mono<Void> failed = orders.place(TABLE, "unproxied", Mono.error(new IllegalStateException("no stock")));
            assertThatThrownBy(() -> failed.block(App.PATIENCE)).hasMessage("no stock");
            assertThat(events("unproxied")).isZero();
        }
    }

    @Test
    void aTransactionManagerBeneathTheProxyIsJoinedToo() {
        try (App beneath = App.run(getClass(), ManagerBeneathProxy.class, "penstock.start-consumers=false")) {
            Mono<Void> failed = beneath.bean(Orders.class)
                    .place(TABLE, "beneath", Mono.error(new IllegalStateException("no stock")));
            assertThatThrownBy(() -> failed.block(App.PATIENCE)).hasMessage("no stock");
            assertThat(orders("beneath")).isZero();
            assertThat(events("beneath")).isZero();
        }
    }

    @Test
    void aTransactionManagerOnAnotherConnectionFactoryIsFoundAtTheStart() {
        assertThatThrownBy(() -> App.run(getClass(), TwoDatabases.class))
                .hasRootCauseInstanceOf(OtherDatabaseException.class)
                .rootCause()
                .hasMessageContaining("events would not commit with the application's data");
    }

    @Test
    void aTransactionOfTheThreadAsOfJdbcIsAnotherDatabases() {
        Mono<Void> publish = app.bus().publish(Event.of(new OrderPlaced("jdbc", 1)));
        TransactionTemplate jdbc = new TransactionTemplate(new ThreadTransactionManager());
        assertThatThrownBy(() -> jdbc.executeWithoutResult(status -> publish.block(App.PATIENCE)))
                .isInstanceOf(IllegalTransactionStateException.class)
                .hasMessageContaining("would not commit with it");
        assertThat(events("jdbc")).isZero();
    }

    @Test
    void afterATransactionOfTheThreadItsListenersPublish() {
        TransactionalApplicationListener<PayloadApplicationEvent<OrderPlaced>> listener =
                TransactionalApplicationListener.forPayload(TransactionPhase.AFTER_COMMIT, order -> app.publish(order));
        new TransactionTemplate(new ThreadTransactionManager())
                .executeWithoutResult(status -> listener.onApplicationEvent(
                        new PayloadApplicationEvent<>(this, new OrderPlaced("after-jdbc", 1))));
        assertThat(events("after-jdbc")).isOne();
    }

    private static boolean delivered(String order) {
        return app.bean(StartIntegrationTests.Seen.class).orders().contains(order);
    }

    private static long orders(String id) {
        return app.count(TABLE + " WHERE id = '" + id + "'");
    }

    private static long events(String id) {
        return app.count(App.schema(TEST) + ".outbox_event WHERE payload ->> 'orderId' = '" + id + "'");
    }

    private static long openTransactions() {
        return app.count(
                "pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%" + App.schema(TEST) + "%'");
    }

    private static int port() {
        return app.context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    static final class Requests {
        final Sinks.Empty<Void> published = Sinks.empty();
        final Sinks.Empty<Void> cancelled = Sinks.empty();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        StartIntegrationTests.Seen seen() {
            return new StartIntegrationTests.Seen();
        }

        @Bean
        ConsumerSpec<OrderPlaced> shipping(StartIntegrationTests.Seen seen) {
            return StartIntegrationTests.shipping(seen);
        }

        @Bean
        Orders orders(DatabaseClient client, EventBus bus, TransactionalOperator operator) {
            return new Orders(client, bus, operator);
        }

        @Bean
        Requests requests() {
            return new Requests();
        }

        @Bean
        RouterFunction<ServerResponse> routes(Orders orders, Requests requests) {
            Mono<Void> wait = Mono.<Void>fromRunnable(requests.published::tryEmitEmpty)
                    .then(Mono.<Void>never())
                    .doOnCancel(requests.cancelled::tryEmitEmpty);
            return RouterFunctions.route()
                    .POST(
                            "/orders",
                            request -> orders.place(TABLE, "requested", wait)
                                    .then(ServerResponse.noContent().build()))
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Proxied {

        @Bean
        ConnectionFactory target() {
            return connections();
        }

        @Bean
        @Primary
        ConnectionFactory proxy(@Qualifier("target") ConnectionFactory target) {
            return new TransactionAwareConnectionFactoryProxy(target);
        }

        @Bean
        Orders orders(DatabaseClient client, EventBus bus, TransactionalOperator operator) {
            return new Orders(client, bus, operator);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class ManagerBeneathProxy {

        @Bean
        ConnectionFactory target() {
            return connections();
        }

        @Bean
        @Primary
        ConnectionFactory proxy(@Qualifier("target") ConnectionFactory target) {
            return new TransactionAwareConnectionFactoryProxy(target);
        }

        @Bean
        R2dbcTransactionManager transactionManager(@Qualifier("target") ConnectionFactory target) {
            return new R2dbcTransactionManager(target);
        }

        @Bean
        Orders orders(@Qualifier("target") ConnectionFactory target, EventBus bus, TransactionalOperator operator) {
            return new Orders(DatabaseClient.create(target), bus, operator);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class TwoDatabases {

        @Bean
        @Primary
        ConnectionFactory orders() {
            return connections();
        }

        @Bean
        ConnectionFactory billing() {
            return connections();
        }

        @Bean
        R2dbcTransactionManager transactionManager(@Qualifier("billing") ConnectionFactory billing) {
            return new R2dbcTransactionManager(billing);
        }
    }

    /** Binds its transactions, of no database, to the thread as those of JDBC and JPA do. */
    private static final class ThreadTransactionManager extends AbstractPlatformTransactionManager {

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {}

        @Override
        protected void doCommit(DefaultTransactionStatus status) {}

        @Override
        protected void doRollback(DefaultTransactionStatus status) {}
    }

    private static ConnectionFactory connections() {
        return ConnectionFactories.get(TestServer.url().replace("//", "//postgres:postgres@"));
    }
}
