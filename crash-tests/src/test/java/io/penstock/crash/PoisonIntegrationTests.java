package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An event that takes every node down that handles it. */
@Tag("crash")
class PoisonIntegrationTests {

    private static final int ATTEMPTS = 3;
    private static final int MOST_RESTARTS = 8;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void anEventWhoseHandlerKillsTheJvmReachesTheDeadLettersAfterItsAttemptsAndOthersFlow() {
        NodeOptions options = NodeOptions.DEFAULTS.with("attempts", ATTEMPTS);
        NodeProcess node = scenario.node("first", options);
        Publisher publisher = scenario.publisher();
        publisher.publish(Publisher.event("poison", Work.HALT));
        publisher.publish(4, 10, Work.PLAIN);
        scenario.awaitFired(node);
        int deaths = 1;
        while (scenario.ledger.dead() == 0 && deaths < MOST_RESTARTS) {
            NodeProcess next = scenario.start("restart-" + deaths, options);
            Scenario.awaitThat(() -> !next.isAlive() || scenario.ledger.dead() == 1);
            deaths += next.isAlive() ? 0 : 1;
        }
        if (scenario.ledger.pending() > 0) {
            scenario.start("last", options);
        }
        Verdict verdict = scenario.check();
        verdict.requireGreen();
        assertThat(verdict.dead()).isEqualTo(1);
        assertThat(verdict.effects()).isEqualTo(40);
    }
}
