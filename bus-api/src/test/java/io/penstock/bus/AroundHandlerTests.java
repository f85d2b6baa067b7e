package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

class AroundHandlerTests {

    private static final Event<RawJson> EVENT = Event.of("order.placed", new RawJson("{}"));
    private static final List<String> CALLS = new ArrayList<>();

    static Stream<Arguments> everyKindOfHandler() {
        ConsumerSpec.Builder<RawJson> each = ConsumerSpec.named("shipping").on("order.*");
        return Stream.of(
                Arguments.of(each.handle(event -> call("each")), "each", false),
                Arguments.of(each.handleBatch(events -> call("batch")), "batch", false),
                Arguments.of(
                        each.transactional(String.class, (event, tx) -> call("each in " + tx)), "each in tx", true),
                Arguments.of(
                        each.transactionalBatch(String.class, (events, tx) -> call("batch in " + tx)),
                        "batch in tx",
                        true));
    }

    @ParameterizedTest
    @MethodSource
    void everyKindOfHandler(ConsumerSpec<RawJson> spec, String call, boolean transactional) {
        CALLS.clear();
        ConsumerSpec<RawJson> around = spec.around((events, tx, handler) -> {
            assertThat(events).isEqualTo(List.of(EVENT));
            assertThat(tx).isEqualTo(transactional ? "tx" : null);
            return call("before").then(handler).then(call("after"));
        });
        assertThat(around.isTransactional()).isEqualTo(transactional);
        assertThat(around.isBatch()).isEqualTo(spec.isBatch());
        run(around.handler()).block();
        assertThat(CALLS).containsExactly("before", call, "after");
    }

    @Test
    void aHandlerThatThrowsOrReturnsNullIsAnErrorToWhoIsAround() {
        ConsumerSpec.Builder<RawJson> each = ConsumerSpec.named("shipping").on("order.*");
        ConsumerSpec<RawJson> throwing = each.handle(event -> {
            throw new IllegalStateException("no truck");
        });
        assertThatThrownBy(() -> run(throwing.around((events, tx, handler) -> handler)
                                .handler())
                        .block())
                .hasMessage("no truck");
        assertThatThrownBy(() -> run(each.handle(event -> null)
                                .around((events, tx, handler) -> handler)
                                .handler())
                        .block())
                .isInstanceOf(NullPointerException.class);
    }

    @SuppressWarnings("unchecked")
    private static Mono<Void> run(Handler<RawJson> handler) {
        if (handler instanceof Handler.Each<RawJson> each) {
            return each.function().apply(EVENT);
        }
        if (handler instanceof Handler.Batch<RawJson> batch) {
            return batch.function().apply(List.of(EVENT));
        }
        return handler instanceof Handler.TransactionalEach<RawJson, ?> each
                ? ((Handler.TransactionalEach<RawJson, String>) each).function().apply(EVENT, "tx")
                : ((Handler.TransactionalBatch<RawJson, String>) handler)
                        .function()
                        .apply(List.of(EVENT), "tx");
    }

    private static Mono<Void> call(String what) {
        return Mono.fromRunnable(() -> CALLS.add(what));
    }
}
