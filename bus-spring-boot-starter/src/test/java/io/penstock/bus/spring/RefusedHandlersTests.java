package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.r2dbc.spi.Connection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import kotlin.coroutines.Continuation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.context.support.SimpleThreadScope;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Found before anything starts: no database is asked. */
class RefusedHandlersTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    R2dbcAutoConfiguration.class,
                    PenstockAutoConfiguration.class,
                    PenstockConsumersAutoConfiguration.class))
            .withPropertyValues("spring.r2dbc.url=r2dbc:postgresql://none:none@localhost:1/none");

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(ReturnsText.class, "returns java.lang.String, allowed are Mono, Flux"),
                Arguments.of(UnreactiveTransaction.class, "only a reactive type carries the transaction"),
                Arguments.of(ConnectionWithoutTransaction.class, "needs transactional = true"),
                Arguments.of(BatchWithDelivery.class, "something that each event has of its own"),
                Arguments.of(BatchWithPayload.class, "something that each event has of its own"),
                Arguments.of(HeaderAsNumber.class, "one header, by its name, is a String"),
                Arguments.of(HeadersAsAnything.class, "a Map<String, String>"),
                Arguments.of(TwoPayloads.class, "takes two payloads"),
                Arguments.of(PayloadsAsList.class, "a batch is a List<Event<T>>"),
                Arguments.of(PayloadsAsFlux.class, "a batch is a List<Event<T>>"),
                Arguments.of(SuspendsForPublisher.class, "whose result nobody would run"),
                Arguments.of(NoType.class, "says no event type: name it with types"),
                Arguments.of(NoPayload.class, "says no event type: name it with types"),
                Arguments.of(NoName.class, "The consumer name '' is not made of"),
                Arguments.of(NoPattern.class, "neither '*' nor an event type"),
                Arguments.of(FinalBehindProxy.class, "make it not final"),
                Arguments.of(PrivateBehindProxy.class, "cannot be delegated to target bean"),
                Arguments.of(NotInInterface.class, "not found in any interface"));
    }

    @ParameterizedTest
    @MethodSource
    void refused(Class<?> handler, String problem) {
        runner.withUserConfiguration(Proxies.class)
                .withBean("handlers", handler)
                .run(context -> assertThat(analysis(context).getDescription())
                        .contains(problem)
                        .contains("bean 'handlers'", "method ", handler.getSimpleName()));
    }

    @Test
    void aBeanOfAScopeThatNoDeliveryHasIsRefused() {
        runner.withUserConfiguration(InRequest.class)
                .run(context -> assertThat(analysis(context).getDescription())
                        .contains("the scope 'request', which no delivery has", "bean 'inRequest'"));
    }

    @Test
    void ofTwoConsumersOfOneNameBothAreNamed() {
        runner.withUserConfiguration(Twins.class)
                .run(context -> assertThat(analysis(context).getDescription())
                        .contains("Consumer 'twin' is declared twice", "bean 'first'", "bean 'second', method"));
    }

    private static FailureAnalysis analysis(AssertableApplicationContext context) {
        return new InvalidConsumerFailureAnalyzer().analyze(context.getStartupFailure());
    }

    static class ReturnsText {
        @EventConsumer("text")
        String handle(OrderPlaced order) {
            return "";
        }
    }

    /** As the compiler of Kotlin writes {@code suspend fun handle(order: OrderPlaced): Flux<String>}. */
    static class SuspendsForPublisher {
        @EventConsumer("suspends")
        Object handle(OrderPlaced order, Continuation<? super Flux<String>> continuation) {
            return Flux.empty();
        }
    }

    static class UnreactiveTransaction {
        @EventConsumer(value = "unreactive", transactional = true)
        void handle(OrderPlaced order) {}
    }

    static class ConnectionWithoutTransaction {
        @EventConsumer("unconnected")
        Mono<Void> handle(OrderPlaced order, Connection connection) {
            return Mono.empty();
        }
    }

    static class BatchWithDelivery {
        @EventConsumer("batch")
        void handle(List<Event<OrderPlaced>> orders, Delivery delivery) {}
    }

    static class BatchWithPayload {
        @EventConsumer("batch")
        void handle(List<Event<OrderPlaced>> orders, OrderPlaced first) {}
    }

    static class HeaderAsNumber {
        @EventConsumer("header")
        void handle(OrderPlaced order, @EventHeader("tenant") int tenant) {}
    }

    static class HeadersAsAnything {
        @EventConsumer("headers")
        void handle(OrderPlaced order, @EventHeader Map<String, Integer> headers) {}
    }

    static class TwoPayloads {
        @EventConsumer(value = "two", types = "order.*")
        void handle(OrderPlaced order, String other) {}
    }

    static class PayloadsAsList {
        @EventConsumer(value = "list", types = "order.placed")
        void handle(List<OrderPlaced> orders) {}
    }

    static class PayloadsAsFlux {
        @EventConsumer(value = "flux", types = "order.placed")
        void handle(Flux<Event<OrderPlaced>> orders) {}
    }

    static class NoType {
        @EventConsumer("untyped")
        void handle(Event<String> event) {}
    }

    static class NoPayload {
        @EventConsumer("empty")
        void handle() {}
    }

    static class NoName {
        @EventConsumer("")
        void handle(OrderPlaced order) {}
    }

    static class NoPattern {
        @EventConsumer(value = "patternless", types = "or*der")
        void handle(OrderPlaced order) {}
    }

    @Transactional
    static class FinalBehindProxy {
        @EventConsumer("final")
        public final Mono<Void> handle(OrderPlaced order) {
            return Mono.empty();
        }
    }

    @Transactional
    static class PrivateBehindProxy {
        public void other() {}

        @EventConsumer("private")
        private Mono<Void> handle(OrderPlaced order) {
            return Mono.empty();
        }
    }

    interface Other {
        void other();
    }

    static class NotInInterface implements Other {
        @Override
        @Transactional
        public void other() {}

        @EventConsumer("interface")
        public Mono<Void> handle(OrderPlaced order) {
            return Mono.empty();
        }
    }

    static class Handler {
        @EventConsumer("twin")
        void handle(OrderPlaced order) {}
    }

    /** Those without an interface are subclassed all the same. */
    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Proxies {}

    @Configuration(proxyBeanMethods = false)
    static class InRequest {

        @Bean
        static BeanFactoryPostProcessor scopes() {
            return beans -> beans.registerScope("request", new SimpleThreadScope());
        }

        @Bean
        @Scope("request")
        Handler inRequest() {
            return new Handler();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Twins {

        @Bean
        ConsumerSpec<OrderPlaced> first() {
            return ConsumerSpec.named("twin").on(OrderPlaced.class).handle(event -> Mono.empty());
        }

        @Bean
        Handler second() {
            return new Handler();
        }
    }
}
