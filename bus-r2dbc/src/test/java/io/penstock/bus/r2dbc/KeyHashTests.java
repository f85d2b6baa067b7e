package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The hash is stored, so these vectors are a contract: they were computed by another implementation and never change. */
class KeyHashTests {

    @ParameterizedTest
    @CsvSource({
        "a, -8720045283170308635",
        "order/o-1, 5746747913203503982",
        "customer/42, 2125385084371220647",
        "ключ, -5681562001264531029",
        "🚰, -6068482324799944041"
    })
    void aKeyHasTheHashItAlwaysHad(String key, long hash) {
        assertThat(KeyHash.of(key)).isEqualTo(hash);
    }

    @Test
    void theLongestKeyHasTheHashItAlwaysHad() {
        assertThat(KeyHash.of("x".repeat(512))).isEqualTo(9133323553451054343L);
    }

    @Test
    void anEventWithoutAKeyIsSpreadByItsId() {
        Event<RawJson> event = Event.builder("order.placed", new RawJson("1"))
                .id(UUID.fromString("0190a3c4-5d6e-7f80-8123-456789abcdef"))
                .build();

        assertThat(KeyHash.of(event)).isEqualTo(8728389330873689897L);
    }

    @Test
    void anEventWithAKeyIsSpreadByTheKeyAlone() {
        Event<RawJson> event = Event.builder("order.placed", new RawJson("1"))
                .aggregate("order", "o-1")
                .build();

        assertThat(KeyHash.of(event)).isEqualTo(KeyHash.of("order/o-1"));
    }

    @Test
    void neighbouringKeysReachEveryOneOfThirtyTwoPartitions() {
        assertThat(IntStream.range(0, 1_000)
                        .mapToObj(i -> (KeyHash.of("order/" + i) & Long.MAX_VALUE) % 32)
                        .collect(Collectors.toSet()))
                .hasSize(32);
    }
}
