package io.penstock.crash;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The short form of the suite: one death at the worst moment. */
class NodeDeathIntegrationTests {

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void aNodeThatDiesBetweenEffectAndCommitLosesNothingAndLeavesNoHalfDoneWork() {
        NodeProcess first = scenario.node("first", NodeOptions.DEFAULTS.dyingAt(Failpoint.AFTER_EFFECT, 20));
        scenario.publisher().publish(5, 20, Work.PLAIN);
        scenario.awaitFired(first);
        scenario.node("second", NodeOptions.DEFAULTS);
        scenario.check().requireGreen();
    }
}
