package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Handlers that take longer than a lease lasts. */
@Tag("crash")
class SlowHandlerIntegrationTests {

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void aHandlerSlowerThanTheLeaseKeepsItByRenewalAndRunsOnce() {
        NodeOptions options = NodeOptions.DEFAULTS.with("consumers", "tx,plain");
        NodeProcess first = scenario.node("first", options);
        NodeProcess second = scenario.node("second", options);
        Scenario.awaitThat(() -> first.count("unleased") > 0 && second.count("leased") > 0);
        Event<Work> slow = Publisher.event("slow", Work.slow(4_000));
        scenario.publisher().publish(slow);
        Scenario.awaitThat(() -> started(first, slow) + started(second, slow) == 2);
        scenario.fired();
        scenario.check().requireGreen();
        assertThat(started(first, slow) + started(second, slow)).isEqualTo(2);
        assertThat(scenario.ledger.effects(slow.id())).isEqualTo(2);
    }

    @Test
    void aHandoverToANodeThatJoinsWaitsForWhatRunsSoThatNothingRunsTwice() {
        NodeOptions plain = NodeOptions.DEFAULTS.with("consumers", "plain").with("concurrency", 8);
        NodeProcess first = scenario.node("first", plain);
        scenario.publisher().publish(16, 4, Work.slow(1_500));
        first.awaitLine(line -> line.startsWith("started"));
        NodeProcess second = scenario.node("second", plain);
        second.awaitLine(line -> line.startsWith("started"));
        scenario.fired();
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects()).isEqualTo(16 * 4);
    }

    /** Runs of its handlers, of both consumers. */
    private static long started(NodeProcess node, Event<Work> event) {
        return node.count("started tx " + event.id()) + node.count("started plain " + event.id());
    }
}
