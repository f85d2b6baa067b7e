package io.penstock.bus;

/** Turns payloads into JSON text and back. Used by many threads at once. */
public interface EventCodec {

    /**
     * The event's payload as one JSON value, strict by RFC 8259; anything else is refused before any SQL, and so
     * is, of codecs other than {@link JacksonEventCodec}, what exceeds Jackson's default limits of nesting and numbers.
     *
     * @throws InvalidEventException when the payload cannot be written, naming the event
     */
    String encode(Event<?> event);

    /**
     * The payload of a stored event as an instance of {@code target}.
     *
     * @throws PayloadDecodingException when it cannot be read; the delivery becomes a dead letter
     * @throws UnknownEventTypeException when another node may know what this one does not; the delivery waits for it
     */
    <T> T decode(Event<RawJson> stored, Class<T> target);
}
