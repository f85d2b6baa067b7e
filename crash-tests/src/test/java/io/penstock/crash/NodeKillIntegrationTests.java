package io.penstock.crash;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;

/** Deaths of a node while it works for all three kinds of consumers. */
@Tag("crash")
class NodeKillIntegrationTests {

    private static final NodeOptions ALL = NodeOptions.DEFAULTS.with("consumers", "tx,plain,batch");
    private static final int KILLS = Integer.getInteger("crash.kills", 50);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aNodeThatDiesBetweenClaimAndSettleLosesNothingAndRepeatsNoEffect(Failpoint point) {
        NodeProcess first = scenario.node("first", ALL.dyingAt(point, 3));
        scenario.publisher().publish(5, 20, Work.PLAIN);
        scenario.awaitFired(first);
        scenario.node("second", ALL);
        scenario.check().requireGreen();
    }

    @Test
    void fiftyKillsAtRandomMomentsLoseNothingAndRepeatNoEffect() {
        Random random = Seed.random("kills at random");
        Disposable publishing = startPublishing();
        for (int kill = 0; kill < KILLS; kill++) {
            NodeProcess node = scenario.node("node-" + kill, ALL);
            node.tell("publish 40");
            long before = node.count("completed");
            int more = random.nextInt(150);
            Scenario.awaitThat(() -> node.count("completed") >= before + more);
            node.kill();
            scenario.fired();
        }
        publishing.dispose();
        scenario.node("last", ALL);
        scenario.check().requireGreen();
    }

    private Disposable startPublishing() {
        // The consumers have to be registered before the first event.
        scenario.node("registers", ALL).kill();
        return scenario.publisher().keepPublishing(8, Duration.ofMillis(100));
    }
}
