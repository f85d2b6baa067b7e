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

    // Asked for with each delivery: an annotation's values are read by reflection.
    private static final ClassValue<Version> VERSIONS = new ClassValue<>() {
        @Override
        protected Version computeValue(Class<?> payload) {
            return NAMES.get(payload)
                    .map(named -> new Version(named.value(), named.version()))
                    .orElse(Version.UNKNOWN);
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
        Version version = VERSIONS.get(payload);
        return version.type.equals(type) ? version.number : NO_VERSION;
    }

    private record Version(String type, int number) {

        static final Version UNKNOWN = new Version("", NO_VERSION);
    }
}
