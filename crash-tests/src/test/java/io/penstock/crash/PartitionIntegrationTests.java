package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** The network between one node and the database is split, or only seems to be there. */
@Tag("crash")
class PartitionIntegrationTests {

    private static final NodeOptions ALL = NodeOptions.DEFAULTS.with("consumers", "tx,plain,batch");

    // More than the bus has connections of its own.
    private static final int HELD = 6;

    // A connection that answers nothing is given up after half a minute, and the next one of the pool may be like it.
    private static final Duration LONG_PATIENCE = Duration.ofMinutes(3);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final TcpProxy proxy = scenario.proxy();

    @Test
    void aNodeCutOffFromTheDatabaseLosesItsPartitionsToAnotherAndRepeatsNoEffectWhenItIsBack() {
        NodeProcess cutOff = scenario.node("cut-off", ALL, proxy.port());
        NodeProcess other = scenario.node("other", ALL);
        Disposable publishing = scenario.publisher().keepPublishing(8, Duration.ofMillis(5));
        for (int split = 0; split < 3; split++) {
            Scenario.awaitThat(() -> halves(cutOff) && halves(other));
            proxy.freeze();
            scenario.fired();
            Scenario.awaitThat(() -> scenario.leases("other") == 24);
            proxy.thaw();
            Scenario.awaitThat(() -> scenario.leases("cut-off") == 12);
        }
        publishing.dispose();
        scenario.check().requireGreen();
    }

    @Test
    void whileANodeIsCutOffInItsHandlersTheOtherKeysGoOnElsewhere() {
        NodeOptions tx = NodeOptions.DEFAULTS.with("concurrency", 16);
        NodeProcess cutOff = scenario.node("cut-off", tx, proxy.port());
        scenario.publisher().publish("held", HELD, 1, Work.HOLD);
        Scenario.awaitThat(() -> cutOff.count("holding ") == HELD);
        proxy.freeze();
        scenario.fired();
        NodeProcess other = scenario.node("other", tx);
        scenario.publisher().publish("key", 8, 100, Work.PLAIN);
        Scenario.awaitThat(() -> scenario.ledger.effects() == 800);
        proxy.thaw();
        cutOff.tell("release");
        other.tell("release");
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects()).isEqualTo(HELD + 800);
    }

    @Test
    void aPooledConnectionThatIsHalfOpenIsGivenUpAndTheNodeGoesOn() {
        // A plain handler's connections are its own to give up.
        NodeProcess node = scenario.node("node", NodeOptions.DEFAULTS.with("consumers", "tx,batch"), proxy.port());
        scenario.publisher().publish(4, 10, Work.PLAIN);
        scenario.awaitDrained();
        proxy.forgetEstablished();
        assertThat(proxy.fired()).isPositive();
        scenario.fired();
        scenario.publisher().publish(4, 10, Work.PLAIN);
        scenario.check(LONG_PATIENCE).requireGreen();
        assertThat(node.isAlive()).isTrue();
    }

    private boolean halves(NodeProcess node) {
        return scenario.leases(node.name()) == 12;
    }
}
