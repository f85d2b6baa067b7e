package io.penstock.bus;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of one event of a stream. Immutable.
 *
 * @param error why it is not stored: {@link InvalidEventException}, {@link DuplicateEventException}; {@code null} when
 *     it is
 */
public record PublishResult(UUID eventId, @Nullable Throwable error) {

    public boolean isStored() {
        return error == null;
    }
}
