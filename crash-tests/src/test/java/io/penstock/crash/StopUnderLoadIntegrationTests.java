package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** SIGTERM, as every deployment sends it. */
@Tag("crash")
class StopUnderLoadIntegrationTests {

    private static final int TERMINATED = 143;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void aNodeToldToStopUnderLoadEndsWhatRunsWithinItsGraceAndLeavesTheRestToOthers() {
        // A lease nobody could wait for: what the second node gets, it was given.
        NodeOptions options = NodeOptions.DEFAULTS.with("consumers", "tx,plain").with("lease", 600_000);
        NodeProcess first = scenario.node("first", options);
        scenario.publisher().publish(8, 25, Work.slow(50));
        first.awaitLine(line -> line.startsWith("completed"));
        first.terminate();
        scenario.fired();
        assertThat(first.awaitEnd()).isEqualTo(TERMINATED);
        first.awaitLine("closed acquired=0"::equals);
        assertThat(first.count("completed")).isEqualTo(first.count("started"));
        assertThat(scenario.ledger.pending()).isPositive();
        scenario.node("second", options);
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects()).isEqualTo(2 * 8 * 25);
    }
}
