package io.penstock.bus.r2dbc;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Times as microseconds since 1970, as a batch takes them: text would be formatted here and parsed there. */
final class Micros {

    private Micros() {}

    static @Nullable Long of(@Nullable Instant instant) {
        return instant == null ? null : (Long) (instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000);
    }
}
