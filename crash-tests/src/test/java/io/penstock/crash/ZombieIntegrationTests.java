package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** A node is stopped for longer than its leases, as by a long pause of its JVM or host, and then goes on. */
@Tag("crash")
class ZombieIntegrationTests {

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void aZombieThatWakesUpInTheMiddleOfTheLoadRepeatsNoEffectAndBreaksNoOrder() {
        NodeOptions all = NodeOptions.DEFAULTS.with("consumers", "tx,plain,batch");
        NodeProcess zombie = scenario.node("zombie", all);
        NodeProcess other = scenario.node("other", all);
        Disposable publishing = scenario.publisher().keepPublishing(8, Duration.ofMillis(3));
        for (int pause = 0; pause < 4; pause++) {
            Scenario.awaitThat(() -> scenario.leases("zombie") == 12);
            zombie.stop();
            Scenario.awaitThat(() -> scenario.leases("other") == 24);
            scenario.fired();
            zombie.go();
        }
        publishing.dispose();
        scenario.check().requireGreen();
        assertThat(other.isAlive()).isTrue();
    }

    @Test
    void aZombieWhoseTransactionTheServerEndedHasItsEffectsRolledBackAndDoneOnceByTheOther() {
        NodeProcess zombie = scenario.node("zombie", NodeOptions.DEFAULTS);
        Event<Work> held = Publisher.event("key", Work.HOLD);
        scenario.publisher().publish(held);
        scenario.publisher().publish(Publisher.event("key", Work.PLAIN));
        zombie.awaitLine(("holding " + held.id())::equals);
        zombie.stop();
        // As idle_in_transaction_session_timeout does, or the keepalive of a host that has gone.
        scenario.sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND state = 'idle in transaction'");
        NodeProcess other = scenario.node("other", NodeOptions.DEFAULTS);
        other.awaitLine(("holding " + held.id())::equals);
        other.tell("release");
        scenario.awaitDrained();
        scenario.fired();
        zombie.go();
        zombie.tell("release");
        zombie.awaitLine(line -> line.endsWith("ed tx " + held.id() + " 1") && !line.startsWith("started"));
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects(held.id())).isEqualTo(1);
    }

    @Test
    void theLateSettlementOfAZombieChangesNothingThatTheNewOwnerHasWritten() {
        NodeOptions plain = NodeOptions.DEFAULTS.with("consumers", "plain").with("backoff", 4_000);
        NodeProcess zombie = scenario.node("zombie", plain);
        Event<Work> event = Publisher.event("key", Work.HOLD_THEN_FAIL);
        scenario.publisher().publish(event);
        scenario.publisher().publish(Publisher.event("key", Work.PLAIN));
        zombie.awaitLine(("holding " + event.id())::equals);
        zombie.stop();
        NodeProcess other = scenario.node("other", plain);
        other.awaitLine(("holding " + event.id())::equals);
        other.tell("release-failing");
        other.awaitLine(("retried plain " + event.id() + " 1")::equals);
        scenario.fired();
        zombie.go();
        zombie.tell("release-failing");
        zombie.awaitLine(line -> line.endsWith("ed plain " + event.id() + " 1") && !line.startsWith("started"));
        scenario.check().requireGreen();
        // Both failed in their first attempt: that is one attempt, so the next one is the second.
        assertThat(zombie.count("started plain " + event.id() + " 2")
                        + other.count("started plain " + event.id() + " 2"))
                .isEqualTo(1);
        assertThat(zombie.count("started plain " + event.id() + " 3")
                        + other.count("started plain " + event.id() + " 3"))
                .isZero();
    }

    @Test
    void aZombieStartsNothingOfWhatItHadInMemory() {
        NodeOptions one = NodeOptions.DEFAULTS.with("consumers", "plain").with("concurrency", 1);
        NodeProcess zombie = scenario.node("zombie", one);
        Event<Work> held = Publisher.event("held", Work.HOLD);
        scenario.publisher().publish(held);
        scenario.publisher().publish(8, 5, Work.PLAIN);
        zombie.awaitLine(("holding " + held.id())::equals);
        Scenario.awaitThat(() -> claimed(zombie) == 41);
        zombie.stop();
        NodeProcess other = scenario.node("other", one);
        other.awaitLine(("holding " + held.id())::equals);
        other.tell("release");
        scenario.awaitDrained();
        scenario.fired();
        zombie.tell("release");
        zombie.go();
        // Its loops are awake, so whatever it meant to start has been started.
        Scenario.awaitThat(() -> scenario.leases("zombie") == 4);
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects(held.id())).isEqualTo(2);
        assertThat(scenario.ledger.effects()).isEqualTo(2 + 40);
    }

    @Test
    void whileAZombieSleepsInAHandlerTheOtherKeysGoOnElsewhere() {
        NodeOptions tx = NodeOptions.DEFAULTS.with("concurrency", 2);
        NodeProcess zombie = scenario.node("zombie", tx);
        Event<Work> held = Publisher.event("held", Work.HOLD);
        scenario.publisher().publish(held);
        scenario.publisher().publish(Publisher.event("held", Work.PLAIN));
        zombie.awaitLine(("holding " + held.id())::equals);
        zombie.stop();
        NodeProcess other = scenario.node("other", tx);
        scenario.publisher().publish(8, 100, Work.PLAIN);
        Scenario.awaitThat(() -> scenario.ledger.effects() == 800);
        scenario.fired();
        zombie.go();
        zombie.tell("release");
        other.tell("release");
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects(held.id())).isEqualTo(1);
    }

    private static int claimed(NodeProcess node) {
        return node.lines("claimed ").stream()
                .mapToInt(line -> Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
