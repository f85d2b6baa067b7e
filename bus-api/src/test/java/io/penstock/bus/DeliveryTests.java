package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class DeliveryTests {

    private static final Delivery DELIVERY =
            new Delivery("invoicing", Event.of("order.placed", new RawJson("{\"card\":\"4711\"}")), 2, "node-1");

    @Test
    void aHandlerFindsItsDeliveryInTheContext() {
        StepVerifier.create(Delivery.current().contextWrite(context -> context.put(Delivery.CONTEXT_KEY, DELIVERY)))
                .expectNext(DELIVERY)
                .verifyComplete();
    }

    @Test
    void aHandlerFindsItsDeliveryAfterAChangeOfThreads() {
        Mono<String> handler = Mono.just("work")
                .publishOn(Schedulers.parallel())
                .flatMap(work -> Delivery.current().map(delivery -> work + " " + delivery.attempt()))
                .contextWrite(context -> context.put(Delivery.CONTEXT_KEY, DELIVERY));

        StepVerifier.create(handler).expectNext("work 2").verifyComplete();
    }

    @Test
    void thereIsNoneOutsideAHandler() {
        StepVerifier.create(Delivery.current()).verifyComplete();
    }

    @Test
    void eachSubscriptionSeesItsOwn() {
        Mono<Delivery> current = Delivery.current();
        Delivery other = new Delivery("shipping", DELIVERY.event(), 1, "node-1");

        StepVerifier.create(current.contextWrite(context -> context.put(Delivery.CONTEXT_KEY, DELIVERY)))
                .expectNext(DELIVERY)
                .verifyComplete();
        StepVerifier.create(current.contextWrite(context -> context.put(Delivery.CONTEXT_KEY, other)))
                .expectNext(other)
                .verifyComplete();
    }

    @Test
    void itsTextNamesConsumerEventAttemptAndNodeButNoPayload() {
        assertThat(DELIVERY.toString())
                .contains("invoicing", DELIVERY.event().id().toString(), "2", "node-1")
                .doesNotContain("4711");
    }
}
