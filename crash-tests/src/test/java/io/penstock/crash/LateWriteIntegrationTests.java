package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a node wrote while it owned a partition arrives at the database when another node owns it. */
@Tag("crash")
class LateWriteIntegrationTests {

    // Of the statement that records failures, and of no other.
    private static final String RECORDING_A_FAILURE = "inbox.attempts = failed.expected";

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final TcpProxy proxy = scenario.proxy();
    private final Event<Work> first = Publisher.event("key", Work.HOLD_THEN_FAIL);

    @Test
    void aFailureRecordedLateByAFormerOwnerLetsNoLaterEventOfItsKeyOvertake() {
        NodeOptions slowToRetry = NodeOptions.DEFAULTS.with("backoff", 5_000).with("acquire", 3_000);
        NodeProcess former = scenario.node("former", slowToRetry.with("concurrency", 2), proxy.port());
        Event<Work> occupying = Publisher.event("other", Work.HOLD);
        scenario.publisher().publish(occupying);
        publishTwoOfAKey();
        former.awaitLine(("holding " + occupying.id())::equals);
        failWhileFreezing(former, "tx");
        // One delivery at a time: the one in front waits for the row that the former owner has locked.
        NodeProcess owner = scenario.node("owner", slowToRetry.with("concurrency", 1));
        owner.tell("release");
        owner.awaitLine("claimed tx 3"::equals);
        proxy.thaw();
        Scenario.awaitThat(() -> scenario.ledger.scheduled() == 1);
        former.tell("release");
        scenario.check().requireGreen();
    }

    @Test
    void aFailureRecordedLateByAFormerOwnerCountsNoAttemptOfTheNewOneTwice() {
        NodeOptions plain = NodeOptions.DEFAULTS.with("consumers", "plain");
        NodeProcess former = scenario.node("former", plain, proxy.port());
        publishTwoOfAKey();
        failWhileFreezing(former, "plain");
        NodeProcess owner = scenario.node("owner", plain);
        owner.awaitLine(("holding " + first.id())::equals);
        // Fails in its first attempt, and is done in its second.
        owner.tell("release-failing");
        owner.awaitLine(("completed plain " + first.id() + " 2")::equals);
        proxy.thaw();
        scenario.check().requireGreen();
        // One by the former owner, two by the new one.
        assertThat(scenario.ledger.effects(first.id())).isEqualTo(3);
    }

    private void publishTwoOfAKey() {
        scenario.publisher().publish(first);
        scenario.publisher().publish(Publisher.event("key", Work.PLAIN));
    }

    /** The network is gone in the moment in which the failure is to be recorded. */
    private void failWhileFreezing(NodeProcess former, String consumer) {
        former.awaitLine(("holding " + first.id())::equals);
        proxy.freezeAt(RECORDING_A_FAILURE);
        former.tell("release-failing");
        former.awaitLine(("retried " + consumer + " " + first.id() + " 1")::equals);
        Scenario.awaitThat(() -> proxy.fired() == 1);
        scenario.fired();
    }
}
