package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The database itself refuses a handler's transaction, through no fault of the event. */
@Tag("crash")
class ConflictIntegrationTests {

    private static final int KEYS = 8;
    private static final int EACH = 10;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void aSerializationFailureInAHandlerIsRetriedAndNeverMakesADeadLetter() {
        NodeProcess node = scenario.node(
                "node",
                NodeOptions.DEFAULTS
                        .with("isolation", "repeatable read")
                        .with("concurrency", KEYS)
                        .with("attempts", 2));
        scenario.publisher().publish(KEYS, EACH, Work.COUNT);
        node.awaitLine(line -> line.startsWith("conflict"));
        scenario.fired();
        Verdict verdict = scenario.check();
        verdict.requireGreen();
        assertThat(verdict.dead()).isZero();
        assertThat(scenario.sql.number("SELECT value FROM counter WHERE id = 1"))
                .isEqualTo(KEYS * EACH);
    }

    @Test
    void aDeadlockOfTwoHandlersIsRetriedAndNeverMakesADeadLetter() {
        NodeProcess node = scenario.node("node", NodeOptions.DEFAULTS.with("attempts", 1));
        scenario.publisher().publish(Publisher.event("one", Work.lock(1, 2)));
        scenario.publisher().publish(Publisher.event("two", Work.lock(2, 1)));
        node.awaitLine(line -> line.startsWith("conflict"));
        scenario.fired();
        Verdict verdict = scenario.check();
        verdict.requireGreen();
        assertThat(verdict.dead()).isZero();
        assertThat(scenario.sql.number("SELECT sum(value) FROM counter")).isEqualTo(4);
    }
}
