package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nodes tell each other fits into notifications, and what is none of it is passed by. */
class SignalTests {

    private static final UUID SENDER = UUID.fromString("0b1f2c1e-8b1d-4a52-9f2e-1f6a0c5d7e90");

    @Test
    void aSignalReadsAsItWasWritten() {
        List<Hint> hints = List.of(
                new Hint(3, 1042, Hint.NOTHING_DUE),
                new Hint(4, Hint.NOTHING_READY, 0),
                new Hint(32_767, Long.MAX_VALUE - 1, 31_536_000_000L));

        List<String> payloads = Signal.payloads(SENDER, hints);

        assertThat(payloads).hasSize(1);
        assertThat(payloads.get(0)).startsWith("1 " + SENDER + " 3:1042:- 4:-:0 ");
        assertThat(Signal.read(payloads.get(0))).isEqualTo(new Signal(SENDER, hints));
    }

    @Test
    void whatWasDueBeforeIsDueNow() {
        String payload =
                Signal.payloads(SENDER, List.of(new Hint(1, 2, -1_700))).get(0);

        assertThat(Signal.read(payload)).isEqualTo(new Signal(SENDER, List.of(new Hint(1, 2, 0))));
    }

    @Test
    void theLongestHintsOfAllConsumersFitIntoPayloadsThatPostgresTakes() {
        List<Hint> all = IntStream.rangeClosed(1, 32_767)
                .mapToObj(consumer -> new Hint(consumer, Long.MAX_VALUE - 1, Long.MAX_VALUE - 1))
                .toList();

        List<String> payloads = Signal.payloads(SENDER, all);

        assertThat(payloads)
                .allSatisfy(payload ->
                        assertThat(payload.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(8_000));
        assertThat(payloads.stream().flatMap(payload -> Signal.read(payload).hints().stream()))
                .containsExactlyElementsOf(all);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1",
                "one two",
                "2 0b1f2c1e-8b1d-4a52-9f2e-1f6a0c5d7e90 1:2:3",
                "1 nobody 1:2:3",
                "1 0b1f2c1e-8b1d-4a52-9f2e-1f6a0c5d7e90 1:2",
                "1 0b1f2c1e-8b1d-4a52-9f2e-1f6a0c5d7e90 1:2:3 ",
                "1 0b1f2c1e-8b1d-4a52-9f2e-1f6a0c5d7e90 1:-2:3",
                "1 0b1f2c1e-8b1d-4a52-9f2e-1f6a0c5d7e90 1:2:9223372036854775808",
                "1 0b1f2c1e-8b1d-4a52-9f2e-1f6a0c5d7e90 x:2:3"
            })
    void whatIsNoSignalOfThisVersionIsPassedBy(String payload) {
        assertThat(Signal.read(payload)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"penstock", "a", "Übergröße -x", "ИмяСхемыИмяСхемыИмяСхемыИмяСхем"})
    void theChannelIsAPlainIdentifierWhateverTheSchemaIsCalled(String schema) {
        assertThat(new SchemaName(schema).channel()).matches("penstock_[0-9a-f]{16}");
    }
}
