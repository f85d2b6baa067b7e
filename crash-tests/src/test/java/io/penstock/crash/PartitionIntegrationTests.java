package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** The network between one node and the database is split, or only seems to be there. */
@Tag("crash")
class PartitionIntegrationTests {

    private static final NodeOptions ALL = NodeOptions.DEFAULTS.with("consumers", "tx,plain,batch");

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
    void whileANodeIsCutOffInAHandlerTheOtherKeysGoOnElsewhere() {
        NodeOptions tx = NodeOptions.DEFAULTS.with("concurrency", 8);
        NodeProcess cutOff = scenario.node("cut-off", tx, proxy.port());
        Event<Work> held = Publisher.event("held", Work.HOLD);
        scenario.publisher().publish(held);
        cutOff.awaitLine(("holding " + held.id())::equals);
        proxy.freeze();
        scenario.fired();
        NodeProcess other = scenario.node("other", tx);
        scenario.publisher().publish(8, 100, Work.PLAIN);
        Scenario.awaitThat(() -> scenario.ledger.effects() == 800);
        proxy.thaw();
        cutOff.tell("release");
        other.tell("release");
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects(held.id())).isEqualTo(1);
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

    @Test
    void aFailureWrittenLateByAFormerOwnerLetsNoLaterEventOfItsKeyOvertake() {
        NodeOptions slowToRetry = NodeOptions.DEFAULTS.with("backoff", 4_000).with("acquire", 2_000);
        NodeProcess former = scenario.node("former", slowToRetry.with("concurrency", 2), proxy.port());
        Publisher publisher = scenario.publisher();
        Event<Work> occupying = Publisher.event("other", Work.HOLD);
        Event<Work> first = Publisher.event("key", Work.HOLD_THEN_FAIL);
        publisher.publish(occupying);
        publisher.publish(first);
        publisher.publish(Publisher.event("key", Work.PLAIN));
        former.awaitLine(("holding " + occupying.id())::equals);
        former.awaitLine(("holding " + first.id())::equals);
        proxy.freeze();
        // One delivery at a time: the one in front waits for the row that the former owner has locked.
        NodeProcess owner = scenario.node("owner", slowToRetry.with("concurrency", 1));
        owner.tell("release");
        owner.awaitLine(("started tx " + occupying.id() + " 1")::equals);
        former.tell("release-failing");
        proxy.thaw();
        former.awaitLine(("retried tx " + first.id() + " 1")::equals);
        scenario.fired();
        former.tell("release");
        scenario.check().requireGreen();
    }

    private boolean halves(NodeProcess node) {
        return scenario.leases(node.name()) == 12;
    }
}
