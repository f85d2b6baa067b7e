package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DefaultTyping;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

class JacksonEventCodecTests {

    enum Size {
        SMALL,
        LARGE {
            @Override
            public String toString() {
                return "XL";
            }
        }
    }

    record Item(String sku, int quantity, Size size) {}

    record Order(
            UUID id,
            String customer,
            List<Item> items,
            BigDecimal total,
            Instant placedAt,
            LocalDate due,
            Duration grace,
            Map<String, Object> notes) {}

    record Page<T>(List<T> items, int number) {}

    record Optionals(Optional<String> text, OptionalInt number, Optional<Instant> at, Optional<Item> item) {}

    record Money(BigDecimal amount) {}

    record Small(String name) {}

    sealed interface OrderEvent {}

    @EventType("order.placed")
    record OrderPlaced(String orderId) implements OrderEvent {}

    @EventType("order.cancelled")
    record OrderCancelled(String orderId, String reason) implements OrderEvent {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Circle.class, name = "circle"),
        @JsonSubTypes.Type(value = Box.class, name = "box")
    })
    sealed interface Shape {}

    record Circle(int radius) implements Shape {}

    record Box(int side) implements Shape {}

    static class Gadget {
        public String name = "none";
    }

    private final JacksonEventCodec codec = JacksonEventCodec.create();

    @Test
    void aRecordComesBackAsItWas() {
        Order order = new Order(
                UUID.fromString("00000000-0000-7000-8000-000000000001"),
                "Zoë 😀 \"quoted\" \\ \u0001\n",
                List.of(new Item("A", 1, Size.SMALL), new Item("B", -2, Size.LARGE)),
                new BigDecimal("10.00"),
                Instant.parse("2026-02-28T23:59:59.123456789Z"),
                LocalDate.of(2026, 3, 1),
                Duration.ofMillis(1_500),
                Map.of("list", List.of(1, true, "x"), "nested", Map.of("amount", new BigDecimal("1.50"))));

        assertThat(roundTrip(order, Order.class)).isEqualTo(order);
    }

    @Test
    void stringsOfChanceComeBackAsTheyWere() {
        Random random = Seed.random(getClass());
        for (int i = 0; i < 5_000; i++) {
            String text = random.ints(random.nextInt(8), 0, 0x11_0000)
                    .filter(c -> c < 0xD800 || c > 0xDFFF)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();

            assertThat(roundTrip(new Small(text), Small.class).name()).isEqualTo(text);
        }
    }

    @Test
    void loneSurrogatesAndNulSurviveEncodingSoThatTheLimitsCanRefuseThem() {
        for (String bad : List.of("\0", "a\uD83D", "\uDE00b", "\uDE00\uD83D")) {
            Event<Small> event = Event.of("a.b", new Small(bad));
            String json = codec.encode(event);

            assertThatThrownBy(() -> EventLimits.DEFAULTS.check(event, json)).isInstanceOf(InvalidEventException.class);
        }
    }

    @Test
    void anInstantIsTextWithNanoseconds() {
        Instant at = Instant.parse("2026-02-28T23:59:59.123456789Z");

        assertThat(codec.encode(Event.of("a.b", at))).isEqualTo("\"2026-02-28T23:59:59.123456789Z\"");
        assertThat(roundTrip(at, Instant.class)).isEqualTo(at);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "10.00",
                "-0.0",
                "0.000",
                "1E+3",
                "1E-30",
                "1.0E+400",
                "123456789012345678901234567890.1234567890",
                "0.1",
                "99999999999999999999999999999999.9900"
            })
    void aDecimalKeepsEveryDigitAndItsTrailingZeros(String number) {
        BigDecimal amount = new BigDecimal(number);

        assertThat(roundTrip(new Money(amount), Money.class).amount()).isEqualTo(amount);
        assertThat(roundTrip(amount, BigDecimal.class)).isEqualTo(amount);
    }

    @Test
    void aDecimalOfNineHundredDigitsKeepsThem() {
        BigDecimal amount = new BigDecimal("7".repeat(400) + "." + "3".repeat(499) + "0");

        assertThat(roundTrip(new Money(amount), Money.class).amount()).isEqualTo(amount);
    }

    @Test
    void aNumberTooLongToBeReadAgainIsRefusedWhenPublished() {
        Money money = new Money(new BigDecimal("1." + "3".repeat(1_500)));

        assertThatThrownBy(() -> codec.encode(Event.of("a.b", money)))
                .isInstanceOf(InvalidEventException.class)
                .hasMessageContaining("1000");
    }

    @Test
    void numbersInUntypedPlacesKeepEveryDigit() {
        Map<String, Object> numbers = Map.of(
                "decimal", new BigDecimal("1.1234567890123456789012345"),
                "zeros", new BigDecimal("10.00"),
                "integer", new BigInteger("123456789012345678901234567890"));

        assertThat((Object) roundTrip(numbers, Map.class)).isEqualTo(numbers);
    }

    @Test
    void optionalsComeBackFullAndEmpty() {
        Optionals full = new Optionals(
                Optional.of("x"),
                OptionalInt.of(0),
                Optional.of(Instant.EPOCH),
                Optional.of(new Item("A", 1, Size.SMALL)));
        Optionals empty = new Optionals(Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());

        assertThat(roundTrip(full, Optionals.class)).isEqualTo(full);
        assertThat(roundTrip(empty, Optionals.class)).isEqualTo(empty);
        assertThat(codec.decode(stored("a.b", "{}"), Optionals.class)).isEqualTo(empty);
    }

    @Test
    void anEnumIsItsNameWhateverItsTextIs() {
        assertThat(codec.encode(Event.of("a.b", Size.LARGE))).isEqualTo("\"LARGE\"");
        assertThat(roundTrip(Size.LARGE, Size.class)).isEqualTo(Size.LARGE);
        assertUndecodable("\"HUGE\"", Size.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"text\"", "17", "1.50", "true", "[]", "[1,\"2\"]", "{}"})
    void anyJsonValueMayBeAPayload(String json) {
        JsonNode tree = codec.decode(stored("a.b", json), JsonNode.class);

        assertThat(codec.encode(Event.of("a.b", tree))).isEqualTo(json);
        assertThat(codec.encode(Event.of("a.b", codec.decode(stored("a.b", json), Object.class))))
                .isEqualTo(json);
    }

    @Test
    void aGenericPayloadComesBackByItsRegisteredType() {
        JacksonEventCodec pages = JacksonEventCodec.builder()
                .register("items.listed", new TypeReference<Page<Item>>() {})
                .build();
        Page<Item> page = new Page<>(List.of(new Item("A", 1, Size.SMALL)), 3);

        String json = pages.encode(Event.of("items.listed", page));

        assertThat(pages.decode(stored("items.listed", json), Page.class)).isEqualTo(page);
        assertThat(pages.decode(stored("items.listed", json), Object.class)).isEqualTo(page);
        assertThat((Object) pages.decode(stored("items.listed", json), Map.class))
                .isEqualTo(Map.of("items", List.of(Map.of("sku", "A", "quantity", 1, "size", "SMALL")), "number", 3));
    }

    @Test
    void aGenericPayloadOfNamedSubtypesComesBack() {
        JacksonEventCodec shapes = JacksonEventCodec.builder()
                .register("page", new TypeReference<Page<Shape>>() {})
                .register("list", new TypeReference<List<Shape>>() {})
                .register("map", new TypeReference<Map<String, Shape>>() {})
                .register("optional", new TypeReference<Optional<Shape>>() {})
                .build();
        List<Shape> both = List.of(new Circle(1), new Box(2));

        assertThat((Object) roundTrip(shapes, "page", new Page<>(both, 0), Page.class))
                .isEqualTo(new Page<>(both, 0));
        assertThat((Object) roundTrip(shapes, "list", both, List.class)).isEqualTo(both);
        assertThat((Object) roundTrip(shapes, "map", Map.of("a", new Box(3)), Map.class))
                .isEqualTo(Map.of("a", new Box(3)));
        assertThat((Object) roundTrip(shapes, "optional", Optional.of(new Box(4)), Optional.class))
                .isEqualTo(Optional.of(new Box(4)));
    }

    @Test
    void aPayloadBelowItsRegisteredClassKeepsItsOwnFields() {
        JacksonEventCodec orders =
                JacksonEventCodec.builder().register("order", OrderEvent.class).build();

        assertThat(orders.encode(Event.of("order", new OrderCancelled("A-1", "late"))))
                .contains("\"reason\":\"late\"");
    }

    @Test
    void aSealedParentBecomesTheClassRegisteredForTheType() {
        JacksonEventCodec orders = JacksonEventCodec.builder()
                .register(OrderPlaced.class)
                .register(OrderCancelled.class)
                .build();

        assertThat(orders.decode(stored("order.placed", "{\"orderId\":\"A-1\"}"), OrderEvent.class))
                .isEqualTo(new OrderPlaced("A-1"));
        assertThat(orders.decode(
                        stored("order.cancelled", "{\"orderId\":\"A-1\",\"reason\":\"late\"}"), OrderEvent.class))
                .isEqualTo(new OrderCancelled("A-1", "late"));
    }

    @Test
    void aParentOfAnUnregisteredTypeIsLeftToNodesThatHaveRegisteredIt() {
        assertThatThrownBy(() -> codec.decode(stored("order.lost", "{\"orderId\":\"A-1\"}"), OrderEvent.class))
                .isInstanceOf(UnknownEventTypeException.class)
                .hasMessageContainingAll("order.lost", OrderEvent.class.getName());
    }

    @Test
    void aParentThatDecodesByItselfNeedsNoRegistration() {
        assertThat(codec.decode(stored("a.b", "[1]"), List.class)).isEqualTo(List.of(1));
        assertThat(codec.decode(stored("a.b", "7"), Number.class)).isEqualTo(7);
        assertUndecodable("{", Map.class);
    }

    @Test
    void aFieldThatCannotBeBuiltIsUndecodableWhateverIsRegistered() {
        record Holder(OrderEvent held) {}

        assertUndecodable("{\"held\":{}}", Holder.class);
    }

    @Test
    void aVersionThatOnlyALaterClassStandsForIsLeftToNodesThatHaveIt() {
        @EventType(value = "parcel.weighed", version = 2)
        record Weighed(int grams) {}
        Event.Builder<RawJson> event = Event.builder("parcel.weighed", new RawJson("{\"grams\":5}"));

        assertThat(codec.decode(event.version(1).build(), Weighed.class)).isEqualTo(new Weighed(5));
        assertThat(codec.decode(event.version(2).build(), Weighed.class)).isEqualTo(new Weighed(5));
        assertThatThrownBy(() -> codec.decode(event.version(3).build(), Weighed.class))
                .isInstanceOf(UnknownEventTypeException.class)
                .hasMessageContainingAll("parcel.weighed v3", "the last one is 2");
        assertThat(codec.decode(event.version(3).build(), Map.class)).isEqualTo(Map.of("grams", 5));
    }

    @Test
    void aLaterVersionIsLeftToNodesThatHaveItAlsoWhereTheClassOfThisOneCannotBeRead() {
        @EventType("parcel.lost")
        @JsonDeserialize(using = Broken.class)
        record Lost(int grams) {}
        Event.Builder<RawJson> event = Event.builder("parcel.lost", new RawJson("{}"));

        assertThatThrownBy(() -> codec.decode(event.version(2).build(), Lost.class))
                .isInstanceOf(UnknownEventTypeException.class);
        assertThatThrownBy(() -> codec.decode(event.version(1).build(), Lost.class))
                .isInstanceOf(PayloadDecodingException.class);
    }

    static final class Broken extends ValueDeserializer<Object> {

        Broken() {
            throw new IllegalStateException("not today");
        }

        @Override
        public Object deserialize(JsonParser parser, DeserializationContext context) {
            return parser;
        }
    }

    @Test
    void aClassThatStandsForAnotherTypeSaysNothingOfThisOnesVersions() {
        assertThat(codec.decode(
                        Event.builder("order.moved", new RawJson("{\"orderId\":\"A-1\"}"))
                                .version(3)
                                .build(),
                        OrderPlaced.class))
                .isEqualTo(new OrderPlaced("A-1"));
    }

    @Test
    void aRegisteredClassThatTheConsumerDidNotAskForIsLeftAside() {
        JacksonEventCodec orders =
                JacksonEventCodec.builder().register(OrderPlaced.class).build();

        assertThat(orders.decode(stored("order.placed", "{\"name\":\"x\"}"), Small.class))
                .isEqualTo(new Small("x"));
    }

    @Test
    void unknownFieldsArePassedOver() {
        assertThat(codec.decode(stored("a.b", "{\"name\":\"x\",\"new\":{\"deep\":[1]},\"other\":null}"), Small.class))
                .isEqualTo(new Small("x"));
    }

    @Test
    void aPayloadCannotChooseItsClass() {
        String json = "{\"@class\":\"javax.swing.JFrame\",\"@type\":\"java.io.File\",\"class\":\"x\",\"name\":\"y\"}";

        assertThat(codec.decode(stored("a.b", json), Small.class)).isEqualTo(new Small("y"));
        assertThat(codec.decode(stored("a.b", json), Object.class))
                .isEqualTo(Map.of("@class", "javax.swing.JFrame", "@type", "java.io.File", "class", "x", "name", "y"));
        assertThat(codec.decode(stored("a.b", "[\"java.util.HashMap\",{}]"), Object.class))
                .isEqualTo(List.of("java.util.HashMap", Map.of()));
    }

    @Test
    void noClassNameIsWrittenOrReadEvenIfTheApplicationsMapperWould() {
        JacksonEventCodec typed = JacksonEventCodec.builder()
                .mapper(JsonMapper.builder()
                        .activateDefaultTyping(
                                BasicPolymorphicTypeValidator.builder()
                                        .allowIfBaseType(Object.class)
                                        .build(),
                                DefaultTyping.NON_FINAL))
                .build();

        assertThat(typed.encode(Event.of("a.b", new Gadget()))).isEqualTo("{\"name\":\"none\"}");
        assertThat(typed.decode(stored("a.b", "[\"" + Gadget.class.getName() + "\",{}]"), Object.class))
                .isInstanceOf(List.class);
    }

    @ParameterizedTest
    @MethodSource("tooLargeForItsReader")
    void whatTheApplicationsMapperWouldNotReadIsRefused(StreamReadConstraints constraints, String json) {
        JacksonEventCodec strict = JacksonEventCodec.builder()
                .mapper(JsonMapper.builder(
                        JsonFactory.builder().streamReadConstraints(constraints).build()))
                .build();
        Event<RawJson> event = Event.of("a.b", new RawJson(json));

        assertThat(codec.encode(event)).isEqualTo(json);
        assertThatThrownBy(() -> strict.encode(event)).isInstanceOf(InvalidEventException.class);
    }

    static Stream<Arguments> tooLargeForItsReader() {
        return Stream.of(
                Arguments.of(
                        StreamReadConstraints.builder().maxNestingDepth(63).build(), "[".repeat(64) + "]".repeat(64)),
                Arguments.of(StreamReadConstraints.builder().maxNumberLength(5).build(), "[123456]"),
                Arguments.of(StreamReadConstraints.builder().maxNameLength(5).build(), "{\"abcdef\":1}"),
                Arguments.of(StreamReadConstraints.builder().maxTokenCount(2).build(), "[1]"));
    }

    @Test
    void theApplicationsSettingsAreUsed() {
        JacksonEventCodec snake = JacksonEventCodec.builder()
                .mapper(JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE))
                .build();

        assertThat(snake.encode(Event.of("a.b", new OrderPlaced("A-1")))).isEqualTo("{\"order_id\":\"A-1\"}");
    }

    interface Renamed {
        @JsonProperty("title")
        String name();
    }

    @Test
    void settingsChangedAfterTheCodecWasBuiltDoNotReachIt() {
        JsonMapper.Builder settings = JsonMapper.builder();
        JacksonEventCodec built = JacksonEventCodec.builder().mapper(settings).build();

        settings.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
                .addMixIn(Small.class, Renamed.class)
                .withConfigOverride(
                        BigDecimal.class, o -> o.setFormat(JsonFormat.Value.forShape(JsonFormat.Shape.STRING)))
                .build();

        assertThat(built.encode(Event.of("a.b", new Small("x")))).isEqualTo("{\"name\":\"x\"}");
        assertThat(built.encode(Event.of("a.b", new Money(BigDecimal.TEN)))).isEqualTo("{\"amount\":10}");
        assertThat(built.decode(stored("a.b", "{\"name\":\"x\",\"more\":1}"), Small.class))
                .isEqualTo(new Small("x"));
    }

    @Test
    void buildingACodecLeavesTheApplicationsSettingsAsTheyWere() {
        JsonMapper.Builder settings = JsonMapper.builder()
                .activateDefaultTyping(
                        BasicPolymorphicTypeValidator.builder()
                                .allowIfBaseType(Object.class)
                                .build(),
                        DefaultTyping.NON_FINAL);
        String before = settings.build().writeValueAsString(new Gadget());
        JacksonEventCodec.builder().mapper(settings).build();

        assertThat(settings.build().writeValueAsString(new Gadget())).isEqualTo(before);
    }

    @Test
    void typesRegisteredOnTheBuilderLaterDoNotReachACodecAlreadyBuilt() {
        JacksonEventCodec.Builder builder = JacksonEventCodec.builder().upcaster("order.placed", 1, tree -> tree);
        JacksonEventCodec built = builder.build();
        builder.register(OrderPlaced.class).upcaster("order.placed", 2, tree -> {
            throw new IllegalStateException("of a later builder");
        });

        assertThat(built.decode(stored("order.placed", "{\"orderId\":\"A-1\"}"), Object.class))
                .isEqualTo(Map.of("orderId", "A-1"));
    }

    @Test
    void manyThreadsShareOneCodec() {
        List<Money> all = IntStream.range(0, 20_000)
                .mapToObj(i -> new Money(new BigDecimal(i + ".10")))
                .toList();

        assertThat(all.parallelStream().map(money -> roundTrip(money, Money.class)))
                .containsExactlyElementsOf(all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "order.*", "*", "a\n"})
    void aBadTypeCannotBeRegistered(String type) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JacksonEventCodec.builder().register(type, Small.class))
                .withMessageContaining("is not made of letters, digits")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}"));
    }

    @Test
    void aTypeCannotBeRegisteredTwice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        JacksonEventCodec.builder().register(OrderPlaced.class).register("order.placed", Small.class))
                .withMessage("The type 'order.placed' is registered twice");
    }

    @Test
    void aClassWithoutATypeCannotBeRegisteredByItself() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JacksonEventCodec.builder().register(Small.class))
                .withMessageContaining(Small.class.getName())
                .withMessageContaining("@EventType")
                .withMessageContaining("register(type, class)");
    }

    static Stream<Object> targets() {
        return Stream.of(Small.class, Order.class, String.class, Map.class, Object.class, Integer.class);
    }

    @ParameterizedTest
    @MethodSource("targets")
    void jsonNullIsUndecodable(Class<?> target) {
        assertThatThrownBy(() -> codec.decode(stored("a.b", " null "), target))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContainingAll(target.getName(), "it is the JSON null");
    }

    @Test
    void jsonNullIsAnEmptyOptional() {
        assertThat((Object) roundTrip(Optional.empty(), Optional.class)).isEqualTo(Optional.empty());
    }

    private void assertUndecodable(String json, Class<?> target) {
        Event<RawJson> event = stored("a.b", json);
        assertThatThrownBy(() -> codec.decode(event, target))
                .isInstanceOf(PayloadDecodingException.class)
                .hasMessageContainingAll(event.id().toString(), "a.b", target.getName());
    }

    private <T> T roundTrip(Object payload, Class<T> target) {
        return roundTrip(codec, "a.b", payload, target);
    }

    private static <T> T roundTrip(JacksonEventCodec codec, String type, Object payload, Class<T> target) {
        return codec.decode(stored(type, codec.encode(Event.of(type, payload))), target);
    }

    private static Event<RawJson> stored(String type, String json) {
        return Event.of(type, new RawJson(json));
    }
}
