package io.penstock.bus;

/** Reads {@link EventType} from a payload class, once for each class. */
final class EventTypeName {

    private static final ClassValue<EventType> NAMES = new ClassValue<>() {
        @Override
        protected EventType computeValue(Class<?> payload) {
            EventType named = payload.getAnnotation(EventType.class);
            if (named == null) {
                throw new InvalidEventException("The payload class " + payload.getName()
                        + " has no @EventType: annotate it, or name the type with Event.of(type, payload)");
            }
            return named;
        }
    };

    private EventTypeName() {}

    static EventType of(Class<?> payload) {
        return NAMES.get(payload);
    }
}
