package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class UpcasterTests {

    /** Version 1: {@code name}; version 2: {@code first} and {@code last}; version 3: and {@code country}. */
    record Customer(String first, String last, String country) {}

    record Nested(Nested inner) {}

    record Price(BigDecimal amount) {}

    private final JacksonEventCodec codec = JacksonEventCodec.builder()
            .register("customer.moved", Customer.class)
            .upcaster("customer.moved", 1, UpcasterTests::splitName)
            .upcaster("customer.moved", 2, tree -> ((ObjectNode) tree).put("country", "unknown"))
            .build();

    @Test
    void aPayloadOfTheFirstVersionGoesThroughBothSteps() {
        assertThat(decode(1, "{\"name\":\"Ada Lovelace\"}")).isEqualTo(new Customer("Ada", "Lovelace", "unknown"));
    }

    @Test
    void aPayloadOfTheSecondVersionGoesThroughTheSecondStep() {
        assertThat(decode(2, "{\"first\":\"Ada\",\"last\":\"Lovelace\"}"))
                .isEqualTo(new Customer("Ada", "Lovelace", "unknown"));
    }

    @Test
    void aPayloadOfTheCurrentVersionIsLeftAlone() {
        Customer customer = new Customer("Ada", "Lovelace", "UK");
        String json = codec.encode(Event.of("customer.moved", customer));

        assertThat(decode(3, json)).isEqualTo(customer);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, Integer.MAX_VALUE})
    void aPayloadOfALaterVersionIsLeftToNodesThatKnowIt(int version) {
        assertThatThrownBy(() -> decode(version, "{\"first\":\"Ada\"}"))
                .isInstanceOf(UnknownEventTypeException.class)
                .hasMessageContainingAll("customer.moved v" + version, "the last one is 3");
        assertThat(codec.decode(stored("customer.moved", version, "{}"), RawJson.class))
                .isEqualTo(new RawJson("{}"));
    }

    @Test
    void anotherTypeOfTheSameVersionIsLeftAlone() {
        assertThat(codec.decode(stored("customer.left", 1, "{\"first\":\"Ada\"}"), Customer.class))
                .isEqualTo(new Customer("Ada", null, null));
    }

    @Test
    void theUndecodedPayloadIsTheTextAsPublished() {
        assertThat(codec.decode(stored("customer.moved", 1, "{\"name\" : \"Ada Lovelace\"}"), RawJson.class))
                .isEqualTo(new RawJson("{\"name\" : \"Ada Lovelace\"}"));
    }

    @Test
    void numbersKeepEveryDigitOnTheWayThroughATree() {
        assertDigitsAreKept(JacksonEventCodec.builder());
    }

    @Test
    void numbersKeepEveryDigitWithTheApplicationsMapperToo() {
        assertDigitsAreKept(JacksonEventCodec.builder().mapper(JsonMapper.builder()));
    }

    @Test
    void stepsRunInOrderAndOnce() {
        List<Integer> steps = new ArrayList<>();
        JacksonEventCodec.Builder builder = JacksonEventCodec.builder();
        for (int version : new int[] {3, 1, 2, 5}) {
            builder.upcaster("a.b", version, tree -> {
                steps.add(version);
                return tree;
            });
        }
        builder.build().decode(stored("a.b", 1, "{}"), Map.class);

        assertThat(steps).as("a gap ends the chain").containsExactly(1, 2, 3);
    }

    @Test
    void aStepMayMakeAnotherKindOfValue() {
        JacksonEventCodec text = JacksonEventCodec.builder()
                .upcaster(
                        "a.b",
                        1,
                        tree -> JsonNodeFactory.instance.stringNode(
                                tree.get("name").stringValue()))
                .build();

        assertThat(text.decode(stored("a.b", 1, "{\"name\":\"x\"}"), String.class))
                .isEqualTo("x");
    }

    static Stream<Upcaster> failingSteps() {
        return Stream.of(
                tree -> {
                    throw new IllegalStateException("step broke");
                },
                tree -> {
                    throw new UnsupportedOperationException("step broke");
                },
                tree -> {
                    throw new NullPointerException("step broke");
                },
                tree -> {
                    throw new PublishRejectedException("step broke");
                },
                tree -> {
                    throw new StackOverflowError("step broke");
                });
    }

    @ParameterizedTest
    @MethodSource("failingSteps")
    void aStepThatThrowsMakesThePayloadUndecodable(Upcaster step) {
        JacksonEventCodec broken =
                JacksonEventCodec.builder().upcaster("a.b", 1, step).build();
        Event<RawJson> event = stored("a.b", 1, "{}");

        assertThatThrownBy(() -> broken.decode(event, Customer.class))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContainingAll(event.id().toString(), Customer.class.getName(), "step broke");
    }

    @Test
    void aStepThatThrowsWhatHasNoMessageMakesThePayloadUndecodable() {
        class Mute extends RuntimeException {
            @Override
            public String getMessage() {
                throw new IllegalStateException("no message for you");
            }
        }
        JacksonEventCodec broken = JacksonEventCodec.builder()
                .upcaster("a.b", 1, tree -> {
                    throw new Mute();
                })
                .build();

        assertThatThrownBy(() -> broken.decode(stored("a.b", 1, "{}"), Customer.class))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContaining("Mute");
    }

    @Test
    void aStepThatReturnsNothingMakesThePayloadUndecodable() {
        assertThatThrownBy(() -> JacksonEventCodec.builder()
                        .upcaster("a.b", 1, tree -> null)
                        .build()
                        .decode(stored("a.b", 1, "{}"), Customer.class))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContaining("version 1");
        assertThatThrownBy(() -> JacksonEventCodec.builder()
                        .upcaster("a.b", 1, tree -> JsonNodeFactory.instance.nullNode())
                        .build()
                        .decode(stored("a.b", 1, "{}"), Customer.class))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContaining("it is the JSON null");
    }

    @Test
    void aStepThatBuildsATreeTooDeepMakesThePayloadUndecodable() {
        JacksonEventCodec deep = JacksonEventCodec.builder()
                .upcaster("a.b", 1, tree -> {
                    JsonNode inner = tree;
                    for (int i = 0; i < 100_000; i++) {
                        inner = JsonNodeFactory.instance.objectNode().set("inner", inner);
                    }
                    return inner;
                })
                .build();

        assertThatThrownBy(() -> deep.decode(stored("a.b", 1, "{}"), Nested.class))
                .isInstanceOf(PayloadDecodingException.class);
    }

    @Test
    void twoStepsFromOneVersionAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JacksonEventCodec.builder()
                        .upcaster("a.b", 1, tree -> tree)
                        .upcaster("a.b", 1, tree -> tree))
                .withMessage("Two upcasters lift 'a.b' from version 1");
    }

    @Test
    void aStepForNoTypeOrNoVersionIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JacksonEventCodec.builder().upcaster("order.*", 1, tree -> tree))
                .withMessageContaining("'order.*'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JacksonEventCodec.builder().upcaster("a.b", 0, tree -> tree))
                .withMessage("An upcaster lifts 'a.b' from version 0, versions start at 1");
    }

    private static void assertDigitsAreKept(JacksonEventCodec.Builder builder) {
        JacksonEventCodec prices = builder.upcaster("a.b", 1, tree -> tree).build();

        for (String amount : List.of("10.00", "1.1234567890123456789012345", "1E+3", "12345678901234567890123.10")) {
            assertThat(prices.decode(stored("a.b", 1, "{\"amount\":" + amount + "}"), Price.class))
                    .isEqualTo(new Price(new BigDecimal(amount)));
        }
    }

    private static JsonNode splitName(JsonNode tree) {
        String[] names = tree.get("name").stringValue().split(" ", 2);
        return ((ObjectNode) tree).put("first", names[0]).put("last", names[1]);
    }

    private Customer decode(int version, String json) {
        return codec.decode(stored("customer.moved", version, json), Customer.class);
    }

    private static Event<RawJson> stored(String type, int version, String json) {
        return Event.builder(type, new RawJson(json)).version(version).build();
    }
}
