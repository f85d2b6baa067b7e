package io.penstock.bus;

import java.util.Optional;
import java.util.function.Function;

/** What {@link EventType} says of a payload class; read once for each class, as annotations are read by reflection. */
record EventTypeName(String value, int version) {

    static final int NO_VERSION = 0;

    private static final ClassValue<Optional<EventTypeName>> NAMES = new ClassValue<>() {
        @Override
        protected Optional<EventTypeName> computeValue(Class<?> payload) {
            return Optional.ofNullable(payload.getAnnotation(EventType.class))
                    .map(named -> new EventTypeName(named.value(), named.version()));
        }
    };

    /** What the class says, or the caller's kind of refusal, which says how the type is named without. */
    static EventTypeName of(Class<?> payload, String otherWay, Function<String, RuntimeException> refusal) {
        return NAMES.get(payload)
                .orElseThrow(() -> refusal.apply("The payload class " + payload.getName()
                        + " has no @EventType: annotate it, or name the type with " + otherWay));
    }

    /** The version of this type that the payload's class stands for, or {@link #NO_VERSION} if it does not say. */
    static int versionOf(Class<?> payload, String type) {
        return NAMES.get(payload)
                .filter(named -> named.value.equals(type))
                .map(EventTypeName::version)
                .orElse(NO_VERSION);
    }
}
