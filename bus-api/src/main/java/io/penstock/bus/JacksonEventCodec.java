package io.penstock.bus;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The default codec: Jackson 3 with a mapper of its own that nobody else can reconfigure. Event types map to classes
 * by registration; no class name is written or read, so a payload cannot choose what it is decoded into.
 *
 * <p>A class asked for by a consumer needs no registration of its own. Registration adds generic types, several types
 * behind one consumer, and the version that upcasters lift older payloads to. Immutable and thread-safe.
 */
public final class JacksonEventCodec implements EventCodec {

    private final JsonMapper mapper;
    private final Map<String, Registered> types;
    private final Map<String, Map<Integer, Upcaster>> upcasters;

    private JacksonEventCodec(Builder builder) {
        this.mapper = builder.mapper.build();
        this.types = new HashMap<>();
        builder.types.forEach((type, version) -> types.put(type, version.resolve(mapper)));
        this.upcasters = new HashMap<>();
        builder.upcasters.forEach((type, steps) -> upcasters.put(type, Map.copyOf(steps)));
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
            if (event.payload() instanceof RawJson raw) {
                mapper.readTree(raw.text());
                return raw.text();
            }
            return mapper.writeValueAsString(event.payload());
        } catch (JacksonException | StackOverflowError e) {
            throw new InvalidEventException(
                    "Event " + event + " was refused: its payload is not JSON: " + e.getMessage(), e);
        }
    }

    @Override
    public <T> T decode(Event<RawJson> stored, Class<T> target) {
        if (target == RawJson.class) {
            return target.cast(stored.payload());
        }
        try {
            return target.cast(notNull(read(stored, target)));
        } catch (JacksonException | ClassCastException | IllegalArgumentException | StackOverflowError e) {
            throw new PayloadDecodingException(
                    "The payload of event " + stored + " is not a " + target.getName() + ": " + e.getMessage(), e);
        }
    }

    private @Nullable Object read(Event<RawJson> stored, Class<?> target) {
        Registered registered = types.get(stored.type());
        boolean wanted = registered != null
                && target.isAssignableFrom(registered.javaType().getRawClass());
        JavaType as = wanted && registered != null ? registered.javaType() : mapper.constructType(target);
        Map<Integer, Upcaster> steps = upcasters.get(stored.type());
        if (steps == null || !steps.containsKey(stored.version())) {
            return mapper.readValue(stored.payload().text(), as);
        }
        return mapper.readerFor(as)
                .readValue(upcast(mapper.readTree(stored.payload().text()), stored.version(), steps));
    }

    private static JsonNode upcast(JsonNode payload, int version, Map<Integer, Upcaster> steps) {
        JsonNode lifted = payload;
        int at = version;
        for (Upcaster step = steps.get(at); step != null; step = steps.get(++at)) {
            lifted = step.upcast(lifted);
        }
        return lifted;
    }

    private static Object notNull(@Nullable Object payload) {
        if (payload == null) {
            throw new IllegalArgumentException("it is the JSON null");
        }
        return payload;
    }

    private record Registered(JavaType javaType) {}

    /** A type as the application named it; resolved once the mapper is frozen. */
    @FunctionalInterface
    private interface Registration {
        Registered resolve(JsonMapper mapper);
    }

    /** Gathers types and upcasters. Not safe for use by several threads. */
    public static final class Builder {

        private final Map<String, Registration> types = new HashMap<>();
        private final Map<String, Map<Integer, Upcaster>> upcasters = new HashMap<>();
        private JsonMapper.Builder mapper = JsonMapper.builder()
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);

        private Builder() {}

        /** Registers a class annotated with {@link EventType}. */
        public Builder register(Class<?> payload) {
            return register(EventTypeName.of(payload).value(), payload);
        }

        public Builder register(String type, Class<?> payload) {
            return register(type, mapper -> new Registered(mapper.constructType(payload)));
        }

        /** Registers a generic payload, {@code new TypeReference<Page<Order>>() {}}. */
        public Builder register(String type, TypeReference<?> payload) {
            return register(type, mapper -> new Registered(mapper.constructType(payload)));
        }

        /** Lifts payloads of {@code type} from version {@code from} to {@code from + 1}; steps are chained. */
        public Builder upcaster(String type, int from, Upcaster step) {
            Map<Integer, Upcaster> steps = upcasters.computeIfAbsent(type, ignored -> new HashMap<>());
            if (steps.put(from, step) != null) {
                throw new IllegalArgumentException("Two upcasters lift '" + type + "' from version " + from);
            }
            return this;
        }

        /** Starts from the application's own Jackson settings; the codec builds a mapper of its own from them. */
        public Builder mapper(JsonMapper.Builder settings) {
            this.mapper = settings;
            return this;
        }

        public JacksonEventCodec build() {
            return new JacksonEventCodec(this);
        }

        private Builder register(String type, Registration registration) {
            if (!Syntax.isType(type)) {
                throw new IllegalArgumentException("The type '" + type + "' is not made of " + Syntax.TYPE_RULE);
            }
            if (types.put(type, registration) != null) {
                throw new IllegalArgumentException("The type '" + type + "' is registered twice");
            }
            return this;
        }
    }
}
