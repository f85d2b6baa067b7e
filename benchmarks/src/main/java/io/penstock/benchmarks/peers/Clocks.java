package io.penstock.benchmarks.peers;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The machine's clock, as the payloads carry it. */
final class Clocks {

    private Clocks() {}

    static long epochMicros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }
}
