package io.penstock.bus;

import java.util.Optional;
import java.util.function.Function;

/** Reads {@link EventType} from a payload class, once for each class. */
final class EventTypeName {

    static final int NO_VERSION = 0;

    private static final ClassValue<Optional<EventType>> NAMES = new ClassValue<>() {
        @Override
        protected Optional<EventType> computeValue(Class<?> payload) {
            return Optional.ofNullable(payload.getAnnotation(EventType.class));
        }
    };

    private EventTypeName() {}

    /** The annotation, or the caller's kind of refusal, which says how the type is named without one. */
    static EventType of(Class<?> payload, String otherWay, Function<String, RuntimeException> refusal) {
        return NAMES.get(payload)
                .orElseThrow(() -> refusal.apply("The payload class " + payload.getName()
                        + " has no @EventType: annotate it, or name the type with " + otherWay));
    }

    /** The version of this type that the payload's class stands for, or {@link #NO_VERSION} if it does not say. */
    static int versionOf(Class<?> payload, String type) {
        return NAMES.get(payload)
                .filter(named -> named.value().equals(type))
                .map(EventType::version)
                .orElse(NO_VERSION);
    }
}
