package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class ConsumerSpecTests {

    interface OrderEvent {}

    @EventType("order.placed")
    record OrderPlaced(String orderId) implements OrderEvent {}

    @EventType(value = "order.cancelled", version = 2)
    record OrderCancelled(String orderId) implements OrderEvent {}

    record Unnamed(String value) implements OrderEvent {}

    @Test
    void anAnnotatedClassBringsItsEventType() {
        ConsumerSpec<OrderPlaced> spec =
                ConsumerSpec.named("invoicing").on(OrderPlaced.class).handle(event -> Mono.empty());

        assertThat(spec.name()).isEqualTo("invoicing");
        assertThat(spec.patterns()).containsExactly("order.placed");
        assertThat(spec.payloadOf("order.placed")).isEqualTo(OrderPlaced.class);
        assertThat(spec.payloadOf("order.cancelled")).isNull();
    }

    @Test
    void aClassWithoutATypeIsRefusedWithWhatToDoAboutIt() {
        assertThatThrownBy(() -> ConsumerSpec.named("invoicing").on(Unnamed.class))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContainingAll("invoicing", Unnamed.class.getName(), "@EventType", "on(pattern, class)");
        assertThatThrownBy(() -> ConsumerSpec.named("invoicing")
                        .on("order.*", OrderEvent.class)
                        .on(Unnamed.class))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContainingAll("invoicing", Unnamed.class.getName());
    }

    @Test
    void severalClassesBelowOneParentMakeOneConsumer() {
        ConsumerSpec<OrderEvent> spec = ConsumerSpec.named("audit")
                .on("order.archived", OrderEvent.class)
                .on(OrderPlaced.class)
                .on(OrderCancelled.class)
                .handle(event -> Mono.empty());

        assertThat(spec.payloads())
                .isEqualTo(Map.of(
                        "order.archived", OrderEvent.class,
                        "order.placed", OrderPlaced.class,
                        "order.cancelled", OrderCancelled.class));
    }

    @Test
    void patternsAloneAreTakenUndecoded() {
        ConsumerSpec<RawJson> spec =
                ConsumerSpec.named("audit").on("order.*", "invoice.sent").handle(event -> Mono.empty());

        assertThat(spec.patterns()).containsExactlyInAnyOrder("order.*", "invoice.sent");
        assertThat(spec.payloadOf("order.placed")).isEqualTo(RawJson.class);
        assertThat(spec.payloadOf("invoice.sent")).isEqualTo(RawJson.class);
        assertThat(spec.payloadOf("invoice.paid")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "order.placed,          java.lang.String",
        "order.placed.again,    java.lang.Long",
        "order.item.added,      java.lang.Double",
        "order.item.sub.added,  java.lang.Double",
        "order.item,            java.lang.Long",
        "order,                 java.lang.Integer",
        "orders.placed,         java.lang.Integer",
        "orderx,                java.lang.Integer",
        "invoice.sent,          java.lang.Integer"
    })
    void theLongestMatchingPatternDecides(String type, Class<?> payload) {
        ConsumerSpec<Object> spec = ConsumerSpec.named("audit")
                .on("other.*", Object.class)
                .on("order.placed", String.class)
                .on("order.*", Long.class)
                .on("order.item.*", Double.class)
                .on("*", Integer.class)
                .handle(event -> Mono.empty());

        assertThat(spec.payloadOf(type)).isEqualTo(payload);
    }

    @Test
    void aPatternEndsAtADotAndIsNoWildcardElsewhere() {
        ConsumerSpec<RawJson> spec =
                ConsumerSpec.named("audit").on("or_er.*", "a.b").handle(event -> Mono.empty());

        assertThat(spec.payloadOf("or_er.x")).isNotNull();
        assertThat(spec.payloadOf("order.x")).as("'_' stands for itself").isNull();
        assertThat(spec.payloadOf("or_er")).as("the part before '.*' alone").isNull();
        assertThat(spec.payloadOf("or_erx.y")).isNull();
        assertThat(spec.payloadOf("axb")).as("'.' stands for itself").isNull();
        assertThat(spec.payloadOf("A.b")).as("letters have a case").isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "Z9", "order-import.v2_x", "shipping"})
    void namesOfLettersDigitsDotsAndDashesAreAllowed(String name) {
        assertThatCode(() -> ConsumerSpec.named(name)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "9lives", "-x", ".x", "_x", "a b", "a\n", "a\0", "é", "аudit", "a/b", "a'b", "a\"b", "a;b", "*"
            })
    void otherNamesAreRefusedByValueAndRule(String name) {
        assertThatThrownBy(() -> ConsumerSpec.named(name))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageStartingWith("The consumer name '")
                .hasMessageContaining("a letter, then letters, digits, '.', '_' and '-', at most 100 characters")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}"));
    }

    @Test
    void aNameHasAtMostAHundredCharacters() {
        assertThatCode(() -> ConsumerSpec.named("a".repeat(100))).doesNotThrowAnyException();
        assertThatThrownBy(() -> ConsumerSpec.named("a".repeat(101))).isInstanceOf(InvalidConsumerException.class);
        assertThatThrownBy(() -> ConsumerSpec.named("a".repeat(1_000_000)))
                .isInstanceOf(InvalidConsumerException.class)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void aNameIsCheckedOnEveryWayIn() {
        assertThatThrownBy(() -> new ConsumerSpec<>(
                        "no name",
                        Map.of("*", RawJson.class),
                        new Handler.Each<RawJson>(event -> Mono.empty()),
                        ConsumerOptions.DEFAULTS))
                .isInstanceOf(InvalidConsumerException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                ".*",
                "**",
                "*.*",
                "*.placed",
                "order*",
                "order.",
                "order..placed",
                ".order",
                "order.**",
                "order.*.*",
                "order.*.placed",
                "order placed",
                "order.placed\n",
                "order.%",
                "ördér",
                "a,b"
            })
    void badPatternsAreRefusedWithConsumerPatternAndRule(String pattern) {
        ConsumerSpec.Builder<RawJson> builder = ConsumerSpec.named("audit").on(pattern);

        assertThatThrownBy(() -> builder.handle(event -> Mono.empty()))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContainingAll("Consumer 'audit'", "'.*'", "at most 200 characters")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}"));
    }

    @Test
    void aTypeHasAtMostTwoHundredCharactersBeforeTheStar() {
        assertThatCode(() -> raw("a".repeat(200) + ".*")).doesNotThrowAnyException();
        assertThatThrownBy(() -> raw("a".repeat(201) + ".*")).isInstanceOf(InvalidConsumerException.class);
        assertThatThrownBy(() -> raw("a.".repeat(50_000))).isInstanceOf(InvalidConsumerException.class);
    }

    @Test
    void aConsumerOfNothingIsRefused() {
        assertThatThrownBy(() -> ConsumerSpec.named("audit").on().handle(event -> Mono.empty()))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessage("Consumer 'audit' takes no event type");
    }

    @Test
    void onePatternAsTwoClassesIsRefused() {
        assertThatThrownBy(() -> ConsumerSpec.named("audit")
                        .on("order.placed", Object.class)
                        .on("order.placed", String.class))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContainingAll("audit", "order.placed", "java.lang.Object", "java.lang.String");
        assertThatCode(() -> raw("order.placed", "order.placed")).doesNotThrowAnyException();
    }

    @Test
    void aBatchWithOneAttemptIsRefusedBecauseItsEventsAreAttemptedAgainOneByOne() {
        ConsumerSpec.Builder<RawJson> builder =
                ConsumerSpec.named("audit").on("*").retry(RetryPolicy.attempts(1));

        assertThatThrownBy(() -> builder.handleBatch(events -> Mono.empty()))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessageContainingAll("Consumer 'audit'", "1 attempt", "at least 2");
        assertThatThrownBy(() -> builder.transactionalBatch(String.class, (events, tx) -> Mono.empty()))
                .isInstanceOf(InvalidConsumerException.class);
        assertThatCode(() -> builder.handle(event -> Mono.empty())).doesNotThrowAnyException();
        assertThatCode(() -> builder.transactional(String.class, (event, tx) -> Mono.empty()))
                .doesNotThrowAnyException();
        assertThatCode(() -> builder.retry(RetryPolicy.attempts(2)).handleBatch(events -> Mono.empty()))
                .doesNotThrowAnyException();
    }

    @Test
    void eachWayToHandleIsItsOwnKind() {
        ConsumerSpec.Builder<RawJson> builder = ConsumerSpec.named("audit").on("*");

        assertThat(builder.handle(event -> Mono.empty()).handler()).isInstanceOf(Handler.Each.class);
        assertThat(builder.handleBatch(events -> Mono.empty()).handler()).isInstanceOf(Handler.Batch.class);
        assertThat(builder.transactional(String.class, (event, tx) -> Mono.empty())
                        .handler())
                .isInstanceOfSatisfying(
                        Handler.TransactionalEach.class,
                        each -> assertThat(each.transaction()).isEqualTo(String.class));
        assertThat(builder.transactionalBatch(String.class, (events, tx) -> Mono.empty())
                        .handler())
                .isInstanceOfSatisfying(
                        Handler.TransactionalBatch.class,
                        batch -> assertThat(batch.transaction()).isEqualTo(String.class));
    }

    @Test
    void onlyBatchHandlersAreBatches() {
        ConsumerSpec.Builder<RawJson> builder = ConsumerSpec.named("audit").on("*");

        assertThat(List.of(
                        builder.handle(event -> Mono.empty()).isBatch(),
                        builder.handleBatch(events -> Mono.empty()).isBatch(),
                        builder.transactional(String.class, (event, tx) -> Mono.empty())
                                .isBatch(),
                        builder.transactionalBatch(String.class, (events, tx) -> Mono.empty())
                                .isBatch()))
                .containsExactly(false, true, false, true);
    }

    @Test
    void aSpecificationDoesNotChangeWithItsBuilderOrItsMap() {
        ConsumerSpec.Builder<RawJson> builder = ConsumerSpec.named("audit").on("order.placed");
        ConsumerSpec<RawJson> spec = builder.handle(event -> Mono.empty());
        builder.on("order.cancelled", RawJson.class).concurrency(1);

        assertThat(spec.patterns()).containsExactly("order.placed");
        assertThat(spec.options()).isEqualTo(ConsumerOptions.DEFAULTS);
    }

    private static ConsumerSpec<RawJson> raw(String... patterns) {
        return ConsumerSpec.named("audit").on(patterns).handle(event -> Mono.empty());
    }
}
