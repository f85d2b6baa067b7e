package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventLimitsTests {

    private static final String SMILE = "\uD83D\uDE00";
    private static final EventLimits LIMITS = EventLimits.DEFAULTS;

    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        assertThat(LIMITS).isEqualTo(new EventLimits(1_048_576, 64, 16_384, 512));
    }

    @Test
    void aLimitBelowOneNamesItselfTheValueAndTheRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EventLimits(0, 1, 1, 1))
                .withMessage("maxPayloadBytes is 0, allowed are 1 to 2147483647");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EventLimits(1, -1, 1, 1))
                .withMessage("maxHeaders is -1, allowed are 1 to 2147483647");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EventLimits(1, 1, 0, 1))
                .withMessageStartingWith("maxHeaderBytes is 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new EventLimits(1, 1, 1, 0))
                .withMessageStartingWith("maxNameLength is 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "é", "€", SMILE, "\\n", "aé€" + SMILE})
    void aPayloadMayTakeTheLimitToTheByteAndNoMore(String unit) {
        String text = unit.repeat(1 << 20);
        int unitBytes = unit.getBytes(StandardCharsets.UTF_8).length;
        String full = "\"" + text.substring(0, (1_048_574 / unitBytes) * unit.length());
        String atLimit = full + "x".repeat(1_048_575 - full.getBytes(StandardCharsets.UTF_8).length) + "\"";

        assertThat(atLimit.getBytes(StandardCharsets.UTF_8)).hasSize(1_048_576);
        assertThatCode(() -> checkPayload(atLimit)).doesNotThrowAnyException();
        assertThatThrownBy(() -> checkPayload(atLimit + " "))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContaining("its payload takes 1048577 bytes, allowed are 1048576");
    }

    @Test
    void aSmallLimitIsAsExact() {
        EventLimits five = new EventLimits(5, 1, 1, 512);
        Event<?> event = event(UnaryOperator.identity());

        assertThatCode(() -> five.check(event, "\"€\"")).doesNotThrowAnyException();
        assertThatThrownBy(() -> five.check(event, "\"" + SMILE + "\"")).hasMessageContaining("6 bytes, allowed are 5");
    }

    static Stream<Arguments> unstorablePayloads() {
        return Stream.of(
                Arguments.of("raw NUL", "\"a\0\"", 2),
                Arguments.of("escaped NUL", "\"a\\u" + "0000\"", 2),
                Arguments.of("escaped NUL in a name", "{\"\\u" + "0000\":1}", 2),
                Arguments.of("raw high surrogate", "\"\uD83D\"", 1),
                Arguments.of("raw low surrogate", "\"\uDE00\"", 1),
                Arguments.of("escaped high surrogate", "\"\\ud83d\"", 1),
                Arguments.of("escaped low surrogate", "\"\\ude00\"", 1),
                Arguments.of("escaped low before high", "\"\\ude00\\ud83d\"", 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unstorablePayloads")
    void aPayloadThatCannotBeStoredIsRefusedByPosition(String what, String json, int index) {
        assertThatThrownBy(() -> checkPayload(json))
                .as(what)
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContaining("NUL or a lone surrogate at character " + index + " of the JSON");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\\\\u0000\"",
                "\"\\\\\\\\u0000\"",
                "\"u0000\"",
                "\"\\ud83d\\ude00\"",
                "\"" + SMILE + "\"",
                "\"\\\\ud83d\"",
                "null",
                "1",
                "{}"
            })
    void whatOnlyLooksLikeItIsStored(String json) {
        assertThatCode(() -> checkPayload(json)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "order.placed", "Order_Placed-2.x", "1.2.3", "-", "_"})
    void typesOfWordsAndDotsAreAllowed(String type) {
        assertThatCode(() -> LIMITS.check(Event.of(type, "x"), "\"x\"")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ".",
                ".a",
                "a.",
                "a..b",
                "a b",
                "a\n",
                "a\0",
                "*",
                "order.*",
                "ä",
                "a/b",
                "order.placed ",
                "а.b"
            })
    void otherTypesAreRefusedWithTheRule(String type) {
        Event<?> event = Event.of(type, "x");

        assertThatThrownBy(() -> LIMITS.check(event, "\"x\""))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContainingAll(
                        event.id().toString(), "letters, digits, '_' and '-' in words joined by '.', at most 200");
    }

    @Test
    void aTypeHasAtMostTwoHundredCharacters() {
        assertThatCode(() -> LIMITS.check(Event.of("a".repeat(200), "x"), "1")).doesNotThrowAnyException();
        assertThatThrownBy(() -> LIMITS.check(Event.of("a".repeat(201), "x"), "1"))
                .isInstanceOf(InvalidEventException.class);
        assertThatThrownBy(() -> LIMITS.check(Event.of("a.".repeat(500_000), "x"), "1"))
                .isInstanceOf(InvalidEventException.class);
    }

    @Test
    void aVersionStartsAtOne() {
        assertRefused(builder -> builder.version(0), "the version 0 is below 1");
        assertRefused(builder -> builder.version(-3), "the version -3 is below 1");
        assertAllowed(builder -> builder.version(Integer.MAX_VALUE));
    }

    static Stream<Arguments> names() {
        return Stream.of(
                name("source", (builder, value) -> builder.source(value)),
                name("key", (builder, value) -> builder.key(value)),
                name("aggregate type", (builder, value) -> builder.key("k").aggregate(value, "1")),
                name("aggregate id", (builder, value) -> builder.key("k").aggregate("order", value)));
    }

    private interface Setter {
        Event.Builder<String> set(Event.Builder<String> builder, String value);
    }

    private static Arguments name(String what, Setter setter) {
        return Arguments.of(what, setter);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void namesHave1To512StorableCharacters(String what, Setter name) {
        assertAllowed(builder -> name.set(builder, "n"));
        assertAllowed(builder -> name.set(builder, "ü".repeat(512)));
        assertRefused(builder -> name.set(builder, ""), "its " + what + " '' has 0 characters, allowed are 1 to 512");
        assertRefused(
                builder -> name.set(builder, "ü".repeat(513)), "its " + what + " 'ü", "has 513 characters", "1 to 512");
        assertRefused(builder -> name.set(builder, "a\0"), "its " + what + " has a NUL", "at character 1");
        assertRefused(builder -> name.set(builder, "\uD83D"), "its " + what + " has a NUL or a lone surrogate");
    }

    @Test
    void anAggregateFitsIntoAnIndexEntryHoweverLongNamesMayBe() {
        EventLimits wide = new EventLimits(100, 1, 1, 10_000);
        String atLimit = "漢".repeat(866);

        assertThatCode(() -> wide.check(aggregate("or", atLimit), "1")).doesNotThrowAnyException();
        assertThatThrownBy(() -> wide.check(aggregate("ord", atLimit), "1"))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContaining("its aggregate type and id take 2601 bytes, allowed together are 2600");
        assertThatThrownBy(() -> LIMITS.check(aggregate("漢".repeat(512), "漢".repeat(512)), "1"))
                .isInstanceOf(InvalidEventException.class);
    }

    private static Event<String> aggregate(String type, String id) {
        return event(builder -> builder.key("k").aggregate(type, id));
    }

    @Test
    void headersMayBeSixtyFour() {
        assertAllowed(builder -> headers(builder, 64));
        assertRefused(builder -> headers(builder, 65), "it has 65 headers, allowed are 64");
    }

    @Test
    void headersMayTakeTheLimitToTheByteNamesIncluded() {
        assertAllowed(builder -> builder.header("é", "€".repeat(5_460)).header("b", "x"));
        assertRefused(
                builder -> builder.header("é", "€".repeat(5_460)).header("b", "xy"),
                "16385 bytes",
                "allowed are 16384");
    }

    @Test
    void headersThatTakeTwoGigabytesAreNotTakenForNone() {
        String shared = "x".repeat(1 << 25);

        assertRefused(
                builder -> {
                    for (int i = 0; i < 64; i++) {
                        builder.header("h" + i, shared);
                    }
                    return builder;
                },
                "its headers take",
                "allowed are 16384");
    }

    @Test
    void headerNamesAndValuesAreStorableText() {
        assertAllowed(builder -> builder.header("a", ""));
        assertRefused(builder -> builder.header("", "x"), "a header has a blank name");
        assertRefused(builder -> builder.header(" \t", "x"), "a header has a blank name");
        assertRefused(builder -> builder.header("a\0", "x"), "its header name has a NUL", "at character 1");
        assertRefused(builder -> builder.header("tenant", "b\0"), "its header 'tenant' has a NUL", "at character 1");
        assertRefused(builder -> builder.header("tenant", "\uDE00"), "its header 'tenant'", "lone surrogate");
    }

    @ParameterizedTest
    @ValueSource(strings = {"+1000000000-12-31T23:59:59.999999999Z", "+10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z"})
    void timesThatNoDatabaseCanHoldAreRefused(String time) {
        Instant at = Instant.parse(time);
        Instant shown = at.truncatedTo(ChronoUnit.MICROS);

        assertRefused(builder -> builder.occurredAt(at), "its occurrence at " + shown, "0001-01-01", "9999-12-31");
        assertRefused(builder -> builder.deliverAt(at), "its delivery at " + shown, "0001-01-01", "9999-12-31");
        assertRefused(builder -> builder.expiresAt(at), "its expiry at " + shown, "0001-01-01", "9999-12-31");
    }

    @Test
    void timesAtBothEndsAreStored() {
        assertAllowed(builder -> builder.occurredAt(Instant.parse("0001-01-01T00:00:00Z"))
                .expiresAt(Instant.parse("9999-12-31T23:59:59.999999Z")));
    }

    @Test
    void aRefusalNamesTheEventAndNeverThePayload() {
        Event<String> event =
                Event.builder("order.placed", "4711-secret").version(0).build();

        assertThatThrownBy(() -> LIMITS.check(event, "\"4711-secret\""))
                .hasMessage("Event " + event.id() + " of type 'order.placed' was refused: the version 0 is below 1");
    }

    @Test
    void noRefusalOfHostileValuesHasAControlCharacterOrIsLong() {
        Random random = Seed.random(getClass());
        String[] pieces = {
            "\0",
            "\n",
            "\r",
            "\u001B[2J",
            "\u007F",
            "\u0085",
            "\u009B",
            "\u2028",
            "\u202E",
            "\u200B",
            "\uD83D",
            "\uDE00",
            SMILE,
            "a",
            "é",
            "'",
            "z".repeat(300)
        };
        for (int i = 0; i < 5_000; i++) {
            String value = Stream.generate(() -> pieces[random.nextInt(pieces.length)])
                    .limit(1 + random.nextInt(5))
                    .reduce("", String::concat);
            Event.Builder<String> builder = Event.builder(random.nextInt(3) == 0 ? value : "order.placed", "x");
            switch (random.nextInt(5)) {
                case 0 -> builder.source(value);
                case 1 -> builder.key(value);
                case 2 -> builder.aggregate(value, value);
                case 3 -> builder.header(value, value);
                default -> builder.header("a", value);
            }

            Throwable refusal = catchThrowable(() -> LIMITS.check(builder.build(), "\"" + value + "\""));

            if (refusal != null) {
                assertThat(refusal).isInstanceOf(InvalidEventException.class);
                assertThat(refusal.getMessage())
                        .doesNotContainPattern("[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]")
                        .hasSizeLessThan(500);
            }
        }
    }

    private static Event.Builder<String> headers(Event.Builder<String> builder, int count) {
        for (int i = 0; i < count; i++) {
            builder.header("h" + i, "v");
        }
        return builder;
    }

    private static Event<String> event(UnaryOperator<Event.Builder<String>> change) {
        return change.apply(Event.builder("order.placed", "x")).build();
    }

    private static void checkPayload(String json) {
        LIMITS.check(event(UnaryOperator.identity()), json);
    }

    private static void assertAllowed(UnaryOperator<Event.Builder<String>> change) {
        assertThatCode(() -> LIMITS.check(event(change), "\"x\"")).doesNotThrowAnyException();
    }

    private static void assertRefused(UnaryOperator<Event.Builder<String>> change, String... parts) {
        Event<String> event = event(change);
        assertThatThrownBy(() -> LIMITS.check(event, "\"x\""))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContaining(event.id().toString())
                .hasMessageContainingAll(parts);
    }
}
