package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Finished events are removed at once while others are still being retried, redelivered and buried. */
@Tag("crash")
class RetentionIntegrationTests {

    private static final NodeOptions OPTIONS = NodeOptions.DEFAULTS
            .with("consumers", "tx,batch")
            .with("retention", 0)
            .with("attempts", 3);

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void retentionRunningAgainstRedeliveryTakesNoEventThatIsStillOwed() {
        NodeProcess first = scenario.node("first", OPTIONS.dyingAt(Failpoint.AFTER_EFFECT, 60));
        Publisher publisher = scenario.publisher();
        publisher.publish(Publisher.event("fails", Work.FAIL));
        publisher.publish(4, 10, Work.slow(20));
        publisher.publish(4, 10, Work.PLAIN);
        scenario.awaitFired(first);
        NodeProcess second = scenario.node("second", OPTIONS);
        publisher.publish(4, 10, Work.slow(20));
        Scenario.awaitThat(() -> first.count("retired") + second.count("retired") > 0);
        Verdict verdict = scenario.check();
        verdict.requireGreen();
        assertThat(verdict.dead()).isEqualTo(1);
        // The dead letter's event is kept, and nothing else.
        Scenario.awaitThat(() -> scenario.sql.number("SELECT count(*) FROM penstock.outbox_event") == 1);
    }
}
