package io.penstock.bus;

import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The default codec: Jackson 3 with a mapper of its own that nobody else can reconfigure. Event types map to classes
 * by registration; no class name is written or read, so a payload cannot choose what it is decoded into.
 *
 * <p>A class asked for by a consumer needs no registration of its own. Registration adds generic types and the classes
 * behind a consumer of a common parent. Immutable and thread-safe.
 */
public final class JacksonEventCodec implements EventCodec {

    private static final int UNKNOWN = EventTypeName.NO_VERSION;

    private final JsonMapper mapper;
    private final ObjectReader trees;
    private final JsonFactory strict;
    private final boolean admitsPlain;
    private final Map<String, JavaType> types;
    // What each decoding would look up again, the annotations among it.
    private final Map<Class<?>, ObjectReader> readers = new ConcurrentHashMap<>();
    private final Map<JavaType, ObjectReader> registeredReaders = new ConcurrentHashMap<>();
    private final Map<String, Map<Integer, Upcaster>> upcasters;
    private final Map<String, Integer> liftedTo;

    private JacksonEventCodec(Builder builder) {
        // Rebuilt: default typing would write class names, and the caller's builder stays as it was.
        this.mapper = builder.mapper.build().rebuild().deactivateDefaultTyping().build();
        this.trees = mapper.readerFor(JsonNode.class)
                .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);
        this.strict = JsonFactory.builder()
                .streamReadConstraints(mapper.tokenStreamFactory().streamReadConstraints())
                .build();
        this.admitsPlain = admitsPlain(strict.streamReadConstraints());
        this.types = new HashMap<>();
        builder.types.forEach((type, registration) -> types.put(type, registration.resolve(mapper)));
        this.upcasters = new HashMap<>();
        this.liftedTo = new HashMap<>();
        builder.upcasters.forEach((type, steps) -> {
            upcasters.put(type, Map.copyOf(steps));
            liftedTo.put(type, Collections.max(steps.keySet()) + 1);
        });
    }

    /** Whether nothing of the plain kind is too large for those who read it. */
    private static boolean admitsPlain(StreamReadConstraints constraints) {
        return constraints.getMaxStringLength() >= PlainJson.LONGEST
                && constraints.getMaxNameLength() >= PlainJson.LONGEST
                && constraints.getMaxNumberLength() >= PlainJson.LONGEST_NUMBER
                && constraints.getMaxNestingDepth() > PlainJson.DEEPEST
                && !constraints.hasMaxDocumentLength()
                && !constraints.hasMaxTokenCount();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A codec without registrations: each payload is decoded into the class its consumer asks for. */
    public static JacksonEventCodec create() {
        return builder().build();
    }

    @Override
    public String encode(Event<?> event) {
        try {
            String json = event.payload() instanceof RawJson raw
                    ? raw.text()
                    : writer(event).writeValueAsString(event.payload());
            requireOneValue(json);
            return json;
        } catch (RuntimeException | StackOverflowError e) {
            throw new InvalidEventException(
                    "Event " + event + " was refused: its payload is not JSON: " + JacksonReason.of(e), e);
        }
    }

    @Override
    public <T> T decode(Event<RawJson> stored, Class<T> target) {
        if (target == RawJson.class) {
            return target.cast(stored.payload());
        }
        Object payload;
        try {
            payload = read(stored, target);
        } catch (UnknownEventTypeException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            requireKnownType(stored, target, e);
            throw new PayloadDecodingException(problem(stored, target) + JacksonReason.of(e), e);
        }
        if (!target.isInstance(payload)) {
            throw new PayloadDecodingException(problem(stored, target) + "it is "
                    + (payload == null
                            ? "the JSON null"
                            : "a " + payload.getClass().getName()));
        }
        return target.cast(payload);
    }

    private static String problem(Event<RawJson> stored, Class<?> target) {
        return "The payload of event " + stored + " is not a " + target.getName() + ": ";
    }

    /** By its registered type, a generic payload keeps the type arguments that its class has lost. */
    private ObjectWriter writer(Event<?> event) {
        JavaType registered = types.get(event.type());
        boolean describes = registered != null
                && registered.hasGenericTypes()
                && (registered.isContainerType()
                        ? registered.getRawClass().isInstance(event.payload())
                        : registered.getRawClass() == event.payload().getClass());
        return describes ? mapper.writerFor(registered) : mapper.writer();
    }

    /**
     * What is stored was recognized or parsed first, by RFC 8259 and not by the mapper's settings: {@code
     * @JsonRawValue}, lenient features and over-long numbers would else abort the publisher's transaction or end as a
     * dead letter.
     */
    private void requireOneValue(String json) {
        if (admitsPlain && PlainJson.recognizes(json)) {
            return;
        }
        try (JsonParser parser = strict.createParser(ObjectReadContext.empty(), json)) {
            if (parser.nextToken() == null) {
                throw new StreamReadException("it is blank");
            }
            parser.skipChildren();
            if (parser.nextToken() != null) {
                throw new StreamReadException("something follows the value");
            }
        }
    }

    /** Where a consumer asks for a parent, and nothing below it is registered for the type, another node may know it. */
    private void requireKnownType(Event<RawJson> stored, Class<?> target, Throwable error) {
        if (!types.containsKey(stored.type())
                && Modifier.isAbstract(target.getModifiers())
                && error instanceof InvalidDefinitionException definition
                && definition.getPath().isEmpty()) {
            throw new UnknownEventTypeException(
                    "Event " + stored + " is of a type that no class below " + target.getName() + " is registered for");
        }
    }

    private void requireKnownVersion(Event<RawJson> stored, Class<?> payload) {
        int known = Math.max(
                EventTypeName.versionOf(payload, stored.type()), liftedTo.getOrDefault(stored.type(), UNKNOWN));
        if (known != UNKNOWN && stored.version() > known) {
            throw new UnknownEventTypeException(
                    "Event " + stored + " is of a version that is not known here, where the last one is " + known);
        }
    }

    private @Nullable JavaType registered(String type, Class<?> target) {
        JavaType registered = types.get(type);
        return registered != null && target.isAssignableFrom(registered.getRawClass()) ? registered : null;
    }

    private @Nullable Object read(Event<RawJson> stored, Class<?> target) {
        JavaType registered = registered(stored.type(), target);
        requireKnownVersion(stored, registered == null ? target : registered.getRawClass());
        ObjectReader reader = registered == null
                ? readers.computeIfAbsent(target, mapper::readerFor)
                : registeredReaders.computeIfAbsent(registered, mapper::readerFor);
        Map<Integer, Upcaster> steps = upcasters.get(stored.type());
        return steps == null || !steps.containsKey(stored.version())
                ? reader.readValue(stored.payload().text())
                : reader.readValue(upcast(stored, steps));
    }

    private JsonNode upcast(Event<RawJson> stored, Map<Integer, Upcaster> steps) {
        JsonNode lifted = trees.readTree(stored.payload().text());
        int at = stored.version();
        for (Upcaster step = steps.get(at); step != null; step = steps.get(++at)) {
            lifted = Objects.requireNonNull(step.upcast(lifted), "the upcaster from version " + at + " returned null");
        }
        return lifted;
    }

    /** A type as the application named it; resolved once the mapper is frozen. */
    @FunctionalInterface
    private interface Registration {
        JavaType resolve(JsonMapper mapper);
    }

    /** Gathers types and upcasters. Not safe for use by several threads. */
    public static final class Builder {

        private final Map<String, Registration> types = new HashMap<>();
        private final Map<String, Map<Integer, Upcaster>> upcasters = new HashMap<>();
        // Enums by name, not by Jackson 3's toString(): stored events outlive the text shown to people.
        // Buffers stay with their thread: to share them, as Jackson 3 does for the sake of virtual threads, is a
        // tenth of what decoding a small payload takes.
        private JsonMapper.Builder mapper = JsonMapper.builder(JsonFactory.builder()
                        .recyclerPool(JsonRecyclerPools.threadLocalPool())
                        .build())
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .disable(EnumFeature.WRITE_ENUMS_USING_TO_STRING, EnumFeature.READ_ENUMS_USING_TO_STRING);

        private Builder() {}

        /** Registers a class annotated with {@link EventType}. */
        public Builder register(Class<?> payload) {
            return register(
                    EventTypeName.of(payload, "register(type, class)", IllegalArgumentException::new)
                            .value(),
                    payload);
        }

        /** Registers a class under an event type; each type once. */
        public Builder register(String type, Class<?> payload) {
            return register(type, mapper -> mapper.constructType(payload));
        }

        /** Registers a generic payload, {@code new TypeReference<Page<Order>>() {}}. */
        public Builder register(String type, TypeReference<?> payload) {
            return register(type, mapper -> mapper.constructType(payload));
        }

        /** Lifts payloads of {@code type} from version {@code from} to {@code from + 1}; steps are chained. */
        public Builder upcaster(String type, int from, Upcaster step) {
            requireType(type);
            if (from < 1) {
                throw new IllegalArgumentException(
                        "An upcaster lifts '" + type + "' from version " + from + ", versions start at 1");
            }
            Map<Integer, Upcaster> steps = upcasters.computeIfAbsent(type, ignored -> new HashMap<>());
            if (steps.put(from, step) != null) {
                throw new IllegalArgumentException("Two upcasters lift '" + type + "' from version " + from);
            }
            return this;
        }

        /**
         * Starts from the application's own Jackson settings, in place of the codec's: decimals in full in untyped
         * places, enums by name, buffers of each thread's own. The codec builds a mapper of its own from them, without
         * default typing.
         */
        public Builder mapper(JsonMapper.Builder settings) {
            this.mapper = settings;
            return this;
        }

        public JacksonEventCodec build() {
            return new JacksonEventCodec(this);
        }

        private Builder register(String type, Registration registration) {
            requireType(type);
            if (types.put(type, registration) != null) {
                throw new IllegalArgumentException("The type '" + type + "' is registered twice");
            }
            return this;
        }

        private static void requireType(String type) {
            if (!Syntax.isType(type)) {
                throw new IllegalArgumentException(
                        "The type '" + Text.shown(type) + "' is not made of " + Syntax.TYPE_RULE);
            }
        }
    }
}
