package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Delivery;
import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Whatever a handler and its Mono do, they end once, and nothing of them goes on behind that. */
class HandlerCallTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Throwable FAILURE = new IllegalStateException("no");

    private final Deadlines longest = new Deadlines(PATIENCE);
    private final Deadlines brief = new Deadlines(Duration.ofMillis(30));
    private final TestPublisher<Void> handled =
            TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
    private final AtomicBoolean cancelled = new AtomicBoolean();

    @Test
    void nothingIsCalledBeforeItIsAskedFor() {
        AtomicBoolean called = new AtomicBoolean();
        HandlerCall<String> call = call(() -> Mono.fromRunnable(() -> called.set(true)));

        StepVerifier.create(call, 0)
                .expectSubscription()
                .then(() -> assertThat(called).isFalse())
                .thenRequest(1)
                .expectNext("done")
                .verifyComplete();
    }

    @Test
    void anEndIsToldOnce() {
        StepVerifier.create(call(handled::mono))
                .then(() -> handled.complete().complete().error(new IllegalStateException("late")))
                .expectNext("done")
                .expectComplete()
                .verifyThenAssertThat(PATIENCE)
                .hasDroppedErrors(1);
    }

    @Test
    void whatIsMadeOfAnErrorIsEmitted() {
        StepVerifier.create(call(() -> Mono.error(FAILURE), error -> error.getMessage()))
                .expectNext("no")
                .verifyComplete();
        StepVerifier.create(call(() -> Mono.error(FAILURE))).verifyErrorMatches(FAILURE::equals);
        StepVerifier.create(call(() -> Mono.error(FAILURE), error -> {
                    throw new IllegalArgumentException("of the maker");
                }))
                .verifyErrorMessage("of the maker");
    }

    @Test
    void whatWasSubscribedToBeforeAFatalErrorWasThrownIsCancelled() {
        Mono<Void> running = Mono.<Void>never().doOnCancel(() -> cancelled.set(true));
        Mono<Void> fatal = Mono.fromRunnable(() -> {
            throw new NoClassDefFoundError("a/linkage/Error");
        });

        StepVerifier.create(call(() -> Mono.when(running, fatal))).verifyError(NoClassDefFoundError.class);

        assertThat(cancelled).isTrue();
    }

    @Test
    void aPublisherThatThrowsWhenItIsRequestedFromIsAnError() {
        Mono<Void> rogue = new MonoOperator<>(Mono.<Void>empty()) {
            @Override
            public void subscribe(CoreSubscriber<? super Void> actual) {
                actual.onSubscribe(new Subscription() {
                    @Override
                    public void request(long n) {
                        throw new IllegalArgumentException("requested");
                    }

                    @Override
                    public void cancel() {
                        cancelled.set(true);
                    }
                });
            }
        };

        StepVerifier.create(call(() -> rogue)).verifyErrorMessage("requested");

        assertThat(cancelled).isTrue();
    }

    @Test
    void aHandlerThatIsOverdueIsCancelledBeforeItsErrorIsTold() {
        List<String> order = new ArrayList<>();
        Mono<Void> hanging = Mono.<Void>never().doOnCancel(() -> order.add("cancelled"));

        StepVerifier.create(new HandlerCall<>(
                                () -> hanging, () -> "done", error -> null, null, brief, TimeoutException::new)
                        .doOnError(error -> order.add("told")))
                .verifyError(TimeoutException.class);

        assertThat(order).containsExactly("cancelled", "told");
    }

    @Test
    void whatIsReturnedAfterACancelIsNotSubscribedTo() {
        AtomicBoolean subscribed = new AtomicBoolean();
        BaseSubscriber<String> subscriber = new BaseSubscriber<>() {};
        HandlerCall<String> call = call(() -> {
            subscriber.cancel();
            return Mono.<Void>never().doOnSubscribe(any -> subscribed.set(true));
        });

        call.subscribe(subscriber);

        assertThat(subscribed).isFalse();
    }

    @Test
    void aSubscriptionThatComesAfterACancelIsCancelled() {
        BaseSubscriber<String> subscriber = new BaseSubscriber<>() {};
        Mono<Void> late = new MonoOperator<>(Mono.<Void>empty()) {
            @Override
            public void subscribe(CoreSubscriber<? super Void> actual) {
                subscriber.cancel();
                Mono.<Void>never().doOnCancel(() -> cancelled.set(true)).subscribe(actual);
            }
        };

        call(() -> late).subscribe(subscriber);

        assertThat(cancelled).isTrue();
    }

    @Test
    void whatItsSubscriberThrowsEndsItToo() {
        List<Throwable> told = new ArrayList<>();

        call(Mono::empty).subscribe(new CoreSubscriber<>() {
            @Override
            public void onSubscribe(Subscription subscription) {
                subscription.request(1);
            }

            @Override
            public void onNext(String value) {
                throw new NoClassDefFoundError(value);
            }

            @Override
            public void onError(Throwable error) {
                told.add(error);
            }

            @Override
            public void onComplete() {
                told.add(FAILURE);
            }
        });

        assertThat(told).singleElement().isInstanceOf(NoClassDefFoundError.class);
    }

    @Test
    void theDeliveryIsInTheContextBesideWhatWasThere() {
        Delivery delivery = new Delivery("c", Event.of("order.placed", new RawJson("1")), 1, "n");
        List<Object> seen = new ArrayList<>();
        Mono<Void> looking = Mono.deferContextual(context -> {
            seen.add(context.get("outer"));
            seen.add(context.get(Delivery.CONTEXT_KEY));
            return Mono.empty();
        });

        new HandlerCall<>(() -> looking, () -> "done", error -> null, delivery, longest, TimeoutException::new)
                .contextWrite(context -> context.put("outer", 1))
                .block(PATIENCE);

        assertThat(seen).containsExactly(1, delivery);
    }

    private HandlerCall<String> call(Supplier<@Nullable Mono<Void>> handler) {
        return call(handler, error -> null);
    }

    private HandlerCall<String> call(Supplier<@Nullable Mono<Void>> handler, HandlerCall.Failed<String> failed) {
        return new HandlerCall<>(handler, () -> "done", failed, null, longest, TimeoutException::new);
    }
}
