package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.Event;
import io.penstock.crash.History.Outcome;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The publisher's way to the database breaks; the consumers' does not. */
class PublishUnderFaultIntegrationTests {

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final TcpProxy proxy = scenario.proxy();
    private final Publisher publisher = scenario.publisher(proxy.port());

    @BeforeEach
    void runConsumer() {
        scenario.node("consumer", NodeOptions.DEFAULTS);
    }

    @Test
    void whenTheAnswerOfCommitIsLostPublishSaysUnknownAndPublishingAgainAddsNothing() {
        Event<Work> event = Publisher.event("key", Work.PLAIN);
        proxy.cutAnswerTo("COMMIT");
        assertThat(publisher.publishInTransaction(event)).isEqualTo(Outcome.UNKNOWN);
        assertThat(proxy.fired()).isEqualTo(1);
        scenario.fired();
        assertThat(publisher.publishInTransaction(event)).isEqualTo(Outcome.OK);
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects(event.id())).isEqualTo(1);
    }

    @Test
    void whenTheAnswerOfAStandalonePublishIsLostItSaysUnknownAndPublishingAgainAddsNothing() {
        Event<Work> event = Publisher.event("cut-here", Work.PLAIN);
        publisher.publish(Publisher.event("key", Work.PLAIN));
        proxy.cutAnswerTo("cut-here");
        assertThat(publisher.publish(event)).isEqualTo(Outcome.UNKNOWN);
        assertThat(proxy.fired()).isEqualTo(1);
        scenario.fired();
        Scenario.awaitThat(() -> scenario.ledger.effects(event.id()) == 1);
        assertThat(publisher.publish(event)).isEqualTo(Outcome.OK);
        scenario.check().requireGreen();
        assertThat(scenario.ledger.effects(event.id())).isEqualTo(1);
    }

    @Test
    @Tag("crash")
    void aResetInAPublishingTransactionStoresAllOfItOrNothingAndNeverCallsAStoredEventFailed() {
        Random random = Seed.random("resets while publishing");
        for (int round = 0; round < 40; round++) {
            proxy.resetAfter(random.nextInt(1_500));
            Event<Work> event = Publisher.event("key-" + round % 4, Work.PLAIN);
            Outcome outcome = round % 2 == 0 ? publisher.publishInTransaction(event) : publisher.publish(event);
            if (outcome == Outcome.UNKNOWN && random.nextBoolean()) {
                publisher.publish(event);
            }
        }
        assertThat(proxy.fired()).isPositive();
        scenario.fired();
        scenario.check().requireGreen();
    }
}
