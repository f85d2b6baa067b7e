package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonRawValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.json.JsonMapper;

/** What the codec lets in and out: text that is not JSON would abort the transaction of whoever publishes it. */
class HostilePayloadTests {

    record Small(String name) {}

    record Measured(double value) {}

    record Spliced(@JsonRawValue String json) {}

    record Picky(int value) {
        Picky {
            if (value < 0) {
                throw new IllegalStateException("below zero");
            }
        }
    }

    static class Ring {
        public Ring next;
    }

    static class Deep {
        public Object inner;
    }

    static class Throwing {
        public String getName() {
            throw new IllegalStateException("getter broke");
        }
    }

    @JsonSerialize(using = BrokenSerializer.class)
    record Broken(String name) {}

    static class BrokenSerializer extends ValueSerializer<Broken> {
        @Override
        public void serialize(Broken value, JsonGenerator generator, SerializationContext context) {
            throw new UnsupportedOperationException("serializer broke");
        }
    }

    static Stream<JacksonEventCodec> codecs() {
        return Stream.of(
                JacksonEventCodec.create(),
                JacksonEventCodec.builder()
                        .mapper(JsonMapper.builder()
                                .enable(JsonReadFeature.values())
                                .disable(JsonWriteFeature.values())
                                .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS))
                        .build());
    }

    private final JacksonEventCodec codec = JacksonEventCodec.create();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "0",
                "-0",
                "1e5",
                "1.50",
                "\"\"",
                "[]",
                "{}",
                " {} ",
                "\t[1 ,\r\n2]",
                "{\"a\":1,\"a\":2}",
                "{ \"b\" : 1.0E+2 , \"a\":\"\\u00e9\\/\" }",
                "\"é€\uD83D\uDE00\""
            })
    void publishedJsonTextIsStoredAndHandedOutUnchanged(String json) {
        for (JacksonEventCodec each : codecs().toList()) {
            String stored = each.encode(Event.of("a.b", new RawJson(json)));

            assertThat(stored).isEqualTo(json);
            assertThat(each.decode(Event.of("a.b", new RawJson(stored)), RawJson.class))
                    .isEqualTo(new RawJson(json));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "\n",
                "NaN",
                "Infinity",
                "-Infinity",
                "1 2",
                "{} x",
                "{}{}",
                "[1],",
                "[1]]",
                "{}}",
                "\uFEFF{}",
                "{'a':1}",
                "{a:1}",
                "/*c*/1",
                "1//c",
                "# c\n1",
                "[1,]",
                "[,1]",
                "[,]",
                "{\"a\":1,}",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\" 1}",
                "{1:1}",
                "01",
                "-",
                "-01",
                "1.",
                ".5",
                "+1",
                "1e",
                "1e+",
                "0x1F",
                "1_000",
                "\"\t\"",
                "\"\n\"",
                "\u00a01",
                "\f1",
                "\u001e1",
                "1\0",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "tru",
                "truex",
                "True",
                "nul",
                "\"abc",
                "'abc'",
                "[1",
                "{\"a\":1",
                "[1}",
                "{\"a\":1]",
                "\"a\":1",
                "1,2",
                "\u2028" + "1",
                "{\"a\":1 \"b\":2}",
                "[1 2]",
                "undefined",
                "\\u0031"
            })
    void textThatIsNotExactlyOneJsonValueIsRefused(String text) {
        for (JacksonEventCodec each : codecs().toList()) {
            Event<RawJson> event = Event.of("a.b", new RawJson(text));

            assertThatThrownBy(() -> each.encode(event))
                    .isInstanceOf(InvalidEventException.class)
                    .hasMessageContainingAll(event.id().toString(), "a.b", "its payload is not JSON")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}"));
        }
    }

    @Test
    void textOfChanceThatIsLetInCanBeReadAgain() {
        Random random = Seed.random(getClass());
        String[] pieces = {
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "1", "-", ".", "e", "0", "null", "true", " ", "\\", "\\u00",
            "'", "N"
        };
        int accepted = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(1, 8); n > 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            Event<RawJson> event = Event.of("a.b", new RawJson(text.toString()));

            boolean fine = isLetIn(event);

            assertThat(fine).as("%s", text).isEqualTo(isReadByAStrictMapper(text.toString()));
            accepted += fine ? 1 : 0;
        }
        assertThat(accepted).isPositive();
    }

    @Test
    void nestingWithoutEndIsRefusedAndNoStackOverflows() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);
        String hidden = "{\"unknown\":" + deep + "}";

        for (String json : List.of(deep, hidden, "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000))) {
            Event<RawJson> event = Event.of("a.b", new RawJson(json));

            assertThatThrownBy(() -> codec.encode(event))
                    .isInstanceOf(InvalidEventException.class)
                    .hasMessageContaining("500");
            for (Class<?> target : List.of(Object.class, Small.class, Map.class, List.class)) {
                assertThatThrownBy(() -> codec.decode(event, target)).isInstanceOf(PayloadDecodingException.class);
            }
        }
    }

    @Test
    void anObjectThatContainsItselfIsRefused() {
        Ring first = new Ring();
        first.next = new Ring();
        first.next.next = first;
        List<Object> list = new ArrayList<>();
        list.add(list);
        Deep deep = new Deep();
        for (int i = 0; i < 100_000; i++) {
            Deep outer = new Deep();
            outer.inner = deep;
            deep = outer;
        }

        for (Object payload : List.of(first, deep)) {
            assertThatThrownBy(() -> codec.encode(Event.of("a.b", payload)))
                    .isInstanceOf(InvalidEventException.class)
                    .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1_500));
        }
        assertThatThrownBy(() -> codec.encode(Event.of("a.b", (Object) list)))
                .isInstanceOf(InvalidEventException.class);
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void noSettingLetsANumberBeWrittenThatJsonDoesNotHave(JacksonEventCodec each) {
        for (double number : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            Event<Measured> event = Event.of("a.b", new Measured(number));

            try {
                assertThat(each.encode(event)).startsWith("{\"value\":\"");
            } catch (InvalidEventException e) {
                assertThat(e).hasMessageContaining(event.id().toString());
            }
        }
    }

    @Test
    void jsonSplicedInByThePayloadClassIsChecked() {
        assertThat(codec.encode(Event.of("a.b", new Spliced("[1]")))).isEqualTo("{\"json\":[1]}");
        for (String bad : List.of("", "{oops", "1,2", "1}", "NaN")) {
            assertThatThrownBy(() -> codec.encode(Event.of("a.b", new Spliced(bad))))
                    .as(bad)
                    .isInstanceOf(InvalidEventException.class);
        }
    }

    @Test
    void aPayloadThatThrowsWhileItIsWrittenIsRefused() {
        for (Object payload : List.of(new Throwing(), new Broken("x"))) {
            Event<?> event = Event.of("a.b", payload);

            assertThatThrownBy(() -> codec.encode(event))
                    .isInstanceOf(InvalidEventException.class)
                    .hasMessageContaining(event.id().toString())
                    .hasCauseInstanceOf(RuntimeException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":[]}",
                "[]",
                "\"text\"",
                "{\"name\":{}}",
                "1",
                "{\"name\":\"x\"} 1",
                "{\"name\":\"x\"",
                ""
            })
    void aPayloadOfAnotherShapeIsUndecodable(String json) {
        Event<RawJson> event = Event.of("a.b", new RawJson(json));

        assertThatThrownBy(() -> codec.decode(event, Small.class))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContainingAll(event.id().toString(), "a.b", Small.class.getName())
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}"));
    }

    @Test
    void aPayloadThatItsClassRefusesIsUndecodable() {
        assertThatThrownBy(() -> codec.decode(Event.of("a.b", new RawJson("{\"value\":-1}")), Picky.class))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContaining("below zero");
    }

    @Test
    void anErrorAboutALargePayloadIsShort() {
        Event<RawJson> event = Event.of("a.b", new RawJson("{\"value\":\"" + "x".repeat(1_000_000) + "\"}"));

        assertThatThrownBy(() -> codec.decode(event, Picky.class))
                .isInstanceOf(PayloadDecodingException.class)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1_500));
    }

    private boolean isLetIn(Event<RawJson> event) {
        try {
            codec.encode(event);
            return true;
        } catch (InvalidEventException e) {
            return false;
        }
    }

    private static boolean isReadByAStrictMapper(String text) {
        try {
            return !JsonMapper.shared().readTree(text).isMissingNode();
        } catch (tools.jackson.core.JacksonException e) {
            return false;
        }
    }
}
