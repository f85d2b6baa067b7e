package io.penstock.bus.kafka;

import static io.penstock.bus.kafka.BridgeFixture.PATIENCE;
import static io.penstock.bus.kafka.BridgeFixture.awaitThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** Code of the application that the bridge calls: on which threads, and what it can do to the bridge. */
class HostileOptionsIntegrationTests {

    @RegisterExtension
    final BridgeFixture fixture = BridgeFixture.onSharedBroker();

    @Test
    void noneOfItRunsOnTheDriversThreadsOrOnThoseThatPoll() {
        R2dbcEventBus a = fixture.bus("a");
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(2);
        Set<String> callers = new ConcurrentSkipListSet<>();
        fixture.relay(
                a,
                fixture.relayOptions(topic)
                        .lagInterval(Duration.ofMillis(100))
                        .listener(listener(method -> callers.add(
                                method + " " + Thread.currentThread().getName())))
                        .build());
        fixture.ingress(
                b,
                fixture.ingressOptions(topic)
                        .batchSize(100)
                        .headers(header ->
                                callers.add("headers " + Thread.currentThread().getName()))
                        .listener(listener(method -> callers.add(
                                method + " " + Thread.currentThread().getName())))
                        .build());

        Topics.send(
                fixture.broker(), List.of(Topics.record(topic, "k", "no JSON", "ce_type", "order.placed", "h", "v")));
        a.publishAll(Flux.fromIterable(Numbered.events(0, 3_000, 100))).blockLast(PATIENCE);

        awaitThat(() -> fixture.count("b", "outbox_event") == 3_001);
        awaitThat(() ->
                called(callers).containsAll(Set.of("headers", "relayed", "lag", "assigned", "ingested", "diverted")));
        // A parked record is read by the handler of its consumer.
        assertThat(callers)
                .allMatch(caller -> caller.matches("headers (.*-read-.*|penstock-handler.*)|.* penstock-.*-tell-.*"));
    }

    @Test
    void aPredicateThatThrowsMakesItsRecordUnreadableAndNoOther() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        fixture.ingress(
                b,
                fixture.ingressOptions(topic)
                        .headers(header -> !header.equals("bad") || overflow())
                        .build());

        Topics.send(
                fixture.broker(),
                List.of(
                        Topics.record(topic, "k", "1", "ce_type", "order.placed"),
                        Topics.record(topic, "k", "2", "ce_type", "order.placed", "bad", "x"),
                        Topics.record(topic, "k", "3", "ce_type", "order.placed")));

        awaitThat(() -> fixture.count("b", "outbox_event WHERE type = 'order.placed'") == 2);
        awaitThat(() -> fixture.listener.diverted.size() == 1);
        assertThat(fixture.listener.diverted.get(0)).contains("StackOverflowError");
    }

    @Test
    void aPredicateThatDoesNotReturnCostsNoMembership() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        CountDownLatch returning = new CountDownLatch(1);
        fixture.ingress(
                b,
                fixture.ingressOptions(topic)
                        .batchSize(10)
                        .keepAlive(Duration.ofMillis(100))
                        .consumer("max.poll.interval.ms", 1_000)
                        .headers(header -> wait(returning))
                        .build());

        Topics.send(fixture.broker(), records(topic, 100));
        awaitThat(() -> !fixture.listener.assigned.isEmpty());
        // Longer than a member may be silent: what has to be seen is that nothing happens.
        await().atMost(PATIENCE).during(Duration.ofMillis(1_500)).until(() -> fixture.listener.revocations.get() == 0);
        returning.countDown();

        awaitThat(() -> fixture.count("b", "outbox_event") == 100);
        assertThat(fixture.listener.revocations).hasValue(0);
    }

    @Test
    void pollsThatFailWhileAPredicateDoesNotReturnAreToldAndTriedAgain() {
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        CountDownLatch returning = new CountDownLatch(1);
        AtomicInteger failures = new AtomicInteger();
        fixture.ingress(
                b,
                fixture.ingressOptions(topic)
                        .keepAlive(Duration.ofMillis(100))
                        .consumer("metadata.max.age.ms", 100)
                        .consumer("partition.assignment.strategy", List.of(StumblingAssignor.class))
                        .consumer(StumblingAssignor.FAILURES, failures)
                        .headers(header -> wait(returning))
                        .build());
        Topics.send(fixture.broker(), records(topic, 100));
        awaitThat(() -> fixture.listener.paused.get() > 0);

        failures.set(2);
        fixture.partitions(topic, 2);
        awaitThat(() -> Collections.frequency(fixture.listener.failedSteps, "stay member") == 2);
        awaitThat(() -> fixture.listener.assigned.size() == 2);
        returning.countDown();

        awaitThat(() -> fixture.count("b", "outbox_event") == 100);
    }

    @Test
    void aListenerThatDoesNotReturnHoldsUpNothing() {
        R2dbcEventBus a = fixture.bus("a");
        R2dbcEventBus b = fixture.bus("b");
        String topic = fixture.topic(1);
        CountDownLatch returning = new CountDownLatch(1);
        KafkaBridgeListener hanging = listener(method -> wait(returning));
        fixture.relay(a, fixture.relayOptions(topic).listener(hanging).build());
        IngressOptions options =
                fixture.ingressOptions(topic).batchSize(10).listener(hanging).build();
        KafkaIngress ingress = fixture.ingress(b, options);

        a.publishAll(Flux.fromIterable(Numbered.events(0, 200, 10))).blockLast(PATIENCE);

        awaitThat(() -> fixture.count("a", "inbox") == 0 && fixture.count("b", "outbox_event") == 200);
        ingress.close().block(PATIENCE);
        assertThat(Topics.committed(fixture.broker(), options.name())).isEqualTo(200);
        returning.countDown();
    }

    @Test
    void aRoutingThatOverflowsItsStackIsAFailedAttemptOfThatEventOnly() {
        R2dbcEventBus a = fixture.bus("a");
        String topic = fixture.topic(1);
        fixture.relay(
                a,
                fixture.relayOptions(topic)
                        .routing(event -> "bad".equals(event.key()) && overflow()
                                ? Route.to("", null)
                                : Route.to(topic, event.key()))
                        .build());

        a.publishAll(Flux.just(event("bad"), event("good"), event("other"))).blockLast(PATIENCE);

        awaitThat(() -> fixture.count("a", "inbox WHERE attempts > 0") == 1 && fixture.count("a", "inbox") == 1);
        assertThat(Topics.read(fixture.broker(), topic)).hasSize(2);
    }

    private static Set<String> called(Set<String> callers) {
        Set<String> methods = new ConcurrentSkipListSet<>();
        callers.forEach(caller -> methods.add(caller.substring(0, caller.indexOf(' '))));
        return methods;
    }

    /** Does the same on each call. */
    private static KafkaBridgeListener listener(Consumer<String> call) {
        return (KafkaBridgeListener) Proxy.newProxyInstance(
                KafkaBridgeListener.class.getClassLoader(),
                new Class<?>[] {KafkaBridgeListener.class},
                (proxy, method, arguments) -> {
                    if (method.getDeclaringClass() == KafkaBridgeListener.class) {
                        call.accept(method.getName());
                        return null;
                    }
                    return method.getName().equals("hashCode") ? 1 : method.getName();
                });
    }

    private static List<ProducerRecord<byte[], byte[]>> records(String topic, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Topics.record(topic, "k", "{}", "ce_type", "order.placed", "h", "v"))
                .toList();
    }

    private static Event<RawJson> event(String key) {
        return Event.builder("order.placed", new RawJson("{}")).key(key).build();
    }

    private static boolean overflow() {
        throw new StackOverflowError();
    }

    private static boolean wait(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }
}
