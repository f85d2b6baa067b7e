package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlinx.coroutines.reactor.ReactorContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.support.SimpleThreadScope;
import org.springframework.transaction.annotation.Transactional;
import reactor.core.publisher.Mono;

/** Beans and methods of every shape handle events, and whatever their methods do is an attempt that ended. */
class HandlerShapesIntegrationTests {

    private static final Map<String, Object> SEEN = new ConcurrentHashMap<>();
    private static final CountDownLatch INTERRUPTED = new CountDownLatch(1);
    private static App app;

    @BeforeAll
    static void start() {
        app = App.run(
                HandlerShapesIntegrationTests.class,
                Shop.class,
                "penstock.consumers.blocked.timeout=50ms",
                "penstock.consumers.blocked.retry.max-attempts=1",
                "penstock.consumers.returns-null.retry.max-attempts=1",
                "penstock.consumers.throws-checked.retry.max-attempts=1",
                "penstock.consumers.throws-error.retry.max-attempts=1",
                "penstock.consumers.fails-later.retry.max-attempts=1");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "overloaded-one",
                "overloaded-other",
                "private",
                "static",
                "default-method",
                "generic-parent",
                "behind-interface",
                "behind-subclass",
                "lazy",
                "prototype",
                "scoped",
                "suspend",
                "suspend-joined"
            })
    void anEventIsHandledByABeanOfThisShape(String consumer) {
        Event<OrderPlaced> event = publish(consumer);
        App.awaitThat(() -> SEEN.containsKey(consumer + event.id()));
        App.awaitThat(() -> app.stats(consumer).backlog() == 0);
        assertThat(app.stats(consumer).dead()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "returns-null, returned null",
        "throws-checked, no paper",
        "throws-error, StackOverflowError",
        "fails-later, no ink",
        "blocked, did not end within",
    })
    void whateverAMethodDoesIsAnAttemptThatEnded(String consumer, String error) {
        publish(consumer);
        App.awaitThat(() -> app.stats(consumer).dead() == 1);
        assertThat(app.bus()
                        .deadLetters()
                        .list(DeadLetterFilter.of(consumer))
                        .blockFirst(App.PATIENCE)
                        .error())
                .contains(error);
    }

    @Test
    void aMethodThatBlocksTooLongIsInterrupted() throws InterruptedException {
        publish("blocked");
        assertThat(INTERRUPTED.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aPrototypeIsMadeAnewForEachDelivery() {
        Event<OrderPlaced> one = publish("prototype");
        Event<OrderPlaced> other = publish("prototype");
        App.awaitThat(() -> SEEN.keySet().containsAll(Set.of("prototype" + one.id(), "prototype" + other.id())));
        assertThat(SEEN.get("prototype" + one.id())).isNotEqualTo(SEEN.get("prototype" + other.id()));
    }

    @Test
    void aSuspendFunctionHasTheReactorContextOfItsDelivery() {
        Event<OrderPlaced> event = publish("suspend");
        App.awaitThat(() -> SEEN.containsKey("suspend" + event.id()));
        assertThat(SEEN).containsEntry("suspend" + event.id(), "suspend");
    }

    @Test
    void whatABlockingHandlerPublishesIsCausedByItsEvent() {
        Event<OrderPlaced> event = publish("publishing");
        App.awaitThat(() -> SEEN.containsKey("published" + event.id()));
    }

    private static Event<OrderPlaced> publish(String consumer) {
        Event<OrderPlaced> event = Event.of("shape." + consumer, new OrderPlaced("1", 1));
        app.bus().publish(event).block(App.PATIENCE);
        return event;
    }

    private static void saw(String consumer, Event<?> event) {
        SEEN.put(consumer + event.id(), true);
    }

    static class Overloaded {

        @EventConsumer(value = "overloaded-one", types = "shape.overloaded-one")
        Mono<Void> handle(Event<OrderPlaced> event) {
            return Mono.fromRunnable(() -> saw("overloaded-one", event));
        }

        @EventConsumer(value = "overloaded-other", types = "shape.overloaded-other")
        void handle(Event<OrderPlaced> event, OrderPlaced order) {
            saw("overloaded-other", event);
        }

        @EventConsumer(value = "private", types = "shape.${shape.private:private}")
        private void handlePrivately(Event<OrderPlaced> event) {
            saw("private", event);
        }

        @EventConsumer(value = "static", types = "shape.static")
        static void handleStatically(Event<OrderPlaced> event) {
            saw("static", event);
        }
    }

    interface Defaulted {

        @EventConsumer(value = "default-method", types = "shape.default-method")
        default void handle(Event<OrderPlaced> event) {
            saw("default-method", event);
        }
    }

    static class Inheriting implements Defaulted {}

    abstract static class Parent<T> {

        @EventConsumer(value = "generic-parent", types = "shape.generic-parent")
        Mono<Void> handle(T payload, Event<T> event) {
            return Mono.fromRunnable(() -> saw("generic-parent", event));
        }
    }

    static class Child extends Parent<OrderPlaced> {}

    interface Handling {

        Mono<Void> handle(Event<OrderPlaced> event);
    }

    static class BehindInterface implements Handling {

        @Override
        @Transactional
        @EventConsumer(value = "behind-interface", types = "shape.behind-interface")
        public Mono<Void> handle(Event<OrderPlaced> event) {
            return Mono.fromRunnable(() -> saw("behind-interface", event));
        }
    }

    static class BehindSubclass {

        @Transactional
        @EventConsumer(value = "behind-subclass", types = "shape.behind-subclass", transactional = true)
        protected Mono<Void> handle(Event<OrderPlaced> event) {
            return Mono.fromRunnable(() -> saw("behind-subclass", event));
        }
    }

    static class Publishing {

        private final EventBus bus;

        Publishing(EventBus bus) {
            this.bus = bus;
        }

        @EventConsumer(value = "publishing", types = "shape.publishing")
        void handle(OrderPlaced order) {
            bus.publish(Event.of("shape.published", order)).block();
        }

        @EventConsumer(value = "published", types = "shape.published")
        void published(Event<OrderPlaced> event) {
            SEEN.put("published" + event.causationId(), true);
        }
    }

    static class LazyHandler {

        @EventConsumer(value = "lazy", types = "shape.lazy")
        void handle(Event<OrderPlaced> event) {
            saw("lazy", event);
        }
    }

    static class Prototype {

        private static final AtomicInteger MADE = new AtomicInteger();
        private final int number = MADE.incrementAndGet();

        @EventConsumer(value = "prototype", types = "shape.prototype")
        void handle(Event<OrderPlaced> event) {
            SEEN.put("prototype" + event.id(), number);
        }
    }

    static class Scoped {

        @EventConsumer(value = "scoped", types = "shape.scoped")
        void handle(Event<OrderPlaced> event) {
            saw("scoped", event);
        }
    }

    /** As the compiler of Kotlin writes {@code suspend fun handle(event: Event<OrderPlaced>)}. */
    static class Suspending {

        @EventConsumer(value = "suspend", types = "shape.suspend")
        Object handle(Event<OrderPlaced> event, Continuation<? super Unit> continuation) {
            Delivery delivery = continuation
                    .getContext()
                    .get(ReactorContext.Key)
                    .getContext()
                    .get(Delivery.CONTEXT_KEY);
            SEEN.put("suspend" + event.id(), delivery.consumer());
            return Unit.INSTANCE;
        }

        @EventConsumer(value = "suspend-joined", types = "shape.suspend-joined", transactional = true)
        Object handleJoined(Event<OrderPlaced> event, Continuation<? super Unit> continuation) {
            saw("suspend-joined", event);
            return Unit.INSTANCE;
        }
    }

    static class Hostile {

        @EventConsumer(value = "returns-null", types = "shape.returns-null")
        Mono<Void> returnNull(OrderPlaced order) {
            return null;
        }

        @EventConsumer(value = "throws-checked", types = "shape.throws-checked")
        void throwChecked(OrderPlaced order) throws IOException {
            throw new IOException("no paper");
        }

        @EventConsumer(value = "throws-error", types = "shape.throws-error")
        Mono<Void> throwError(OrderPlaced order) {
            throw new StackOverflowError();
        }

        @EventConsumer(value = "fails-later", types = "shape.fails-later")
        Mono<String> failLater(OrderPlaced order) {
            return Mono.just("fine")
                    .concatWith(Mono.error(new IOException("no ink")))
                    .last();
        }

        @EventConsumer(value = "blocked", types = "shape.blocked")
        void block(OrderPlaced order) {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                INTERRUPTED.countDown();
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        @Bean
        static BeanFactoryPostProcessor scopes() {
            return beans -> beans.registerScope("thread", new SimpleThreadScope());
        }

        @Bean
        Overloaded overloaded() {
            return new Overloaded();
        }

        @Bean
        Publishing publishing(EventBus bus) {
            return new Publishing(bus);
        }

        @Bean
        Inheriting inheriting() {
            return new Inheriting();
        }

        @Bean
        Child child() {
            return new Child();
        }

        @Bean
        BehindInterface behindInterface() {
            return new BehindInterface();
        }

        @Bean
        BehindSubclass behindSubclass() {
            return new BehindSubclass();
        }

        @Bean
        @Lazy
        LazyHandler lazyHandler() {
            return new LazyHandler();
        }

        @Bean
        @Scope("prototype")
        Prototype prototype() {
            return new Prototype();
        }

        @Bean
        @Scope(scopeName = "thread", proxyMode = ScopedProxyMode.TARGET_CLASS)
        Scoped scoped() {
            return new Scoped();
        }

        @Bean
        Suspending suspending() {
            return new Suspending();
        }

        @Bean
        Hostile hostile() {
            return new Hostile();
        }
    }
}
