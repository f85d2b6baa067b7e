package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.crash.History.Outcome;
import io.penstock.crash.Observed.Effect;
import io.penstock.crash.Observed.Owed;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A checker that cannot fail is worth nothing. */
class CheckerTests {

    private static final int READY = 0;
    private static final int DEAD = 3;

    private final History history = new History();
    private final List<Effect> effects = new ArrayList<>();
    private final List<Owed> owed = new ArrayList<>();
    private final Set<UUID> stored = new HashSet<>();
    private final List<String> leaks = new ArrayList<>();
    private final UUID first = UUID.randomUUID();
    private final UUID second = UUID.randomUUID();

    @Test
    void whatWasPublishedAndDoneOnceIsGreen() {
        publish(first, Outcome.OK);
        did(first);
        assertThat(check(Contract.TX).isGreen()).isTrue();
    }

    @Test
    void anAcknowledgedEventThatIsNowhereIsLost() {
        publish(first, Outcome.OK);
        stored.clear();
        assertRed(Verdict.LOST);
    }

    @Test
    void aStoredEventOfUnknownOutcomeThatNobodyOwesIsLost() {
        publish(first, Outcome.UNKNOWN);
        stored.add(first);
        assertRed(Verdict.LOST);
    }

    @Test
    void anEventOfUnknownOutcomeMayBeNowhere() {
        publish(first, Outcome.UNKNOWN);
        assertThat(check(Contract.TX).isGreen()).isTrue();
    }

    @Test
    void anEffectOfAnEventThatNobodyPublishedIsAGhost() {
        did(first);
        assertRed(Verdict.GHOSTS);
    }

    @Test
    void aStoredEventWhosePublisherWasToldItIsNotStoredIsAGhost() {
        publish(first, Outcome.FAIL);
        stored.add(first);
        did(first);
        assertRed(Verdict.GHOSTS);
    }

    @Test
    void aSecondEffectIsADoubleWhereEffectsHappenOnce() {
        publish(first, Outcome.OK);
        did(first);
        did(first);
        assertRed(Verdict.DOUBLES);
    }

    @Test
    void aSecondEffectIsAllowedToAPlainHandler() {
        publish(first, Outcome.OK);
        effects.add(new Effect("plain", first, "key", "node"));
        effects.add(new Effect("plain", first, "key", "node"));
        assertThat(check(Contract.PLAIN).isGreen()).isTrue();
    }

    @Test
    void aCommittedEffectThatIsStillOwedIsADouble() {
        publish(first, Outcome.OK);
        did(first);
        owed.add(new Owed("tx", first, DEAD));
        assertRed(Verdict.DOUBLES);
    }

    @Test
    void effectsOfAKeyInAnotherOrderThanThatOfItsPublishesAreDisorder() {
        publish(first, Outcome.OK);
        publish(second, Outcome.OK);
        did(second);
        did(first);
        assertRed(Verdict.DISORDER);
    }

    @Test
    void overlappingPublishesOfAKeyHaveNoOrder() {
        history.invoke(first, "key");
        publish(second, Outcome.OK);
        history.end(first, Outcome.OK);
        stored.add(first);
        did(second);
        did(first);
        assertThat(check(Contract.TX).isGreen()).isTrue();
    }

    @Test
    void anEffectBeforeThatOfADeadEarlierEventIsDisorder() {
        publish(first, Outcome.OK);
        publish(second, Outcome.OK);
        did(second);
        owed.add(new Owed("tx", first, DEAD));
        assertRed(Verdict.DISORDER);
    }

    @Test
    void whatIsStillOwedIsInTheOrderOfItsPublishes() {
        for (int i = 0; i < 100; i++) {
            UUID id = UUID.randomUUID();
            publish(id, Outcome.OK);
            owed.add(new Owed("tx", id, DEAD));
        }
        assertThat(check(Contract.TX).isGreen()).isTrue();
    }

    @Test
    void aConsumerWithoutOrderHasNoDisorder() {
        publish(first, Outcome.OK);
        publish(second, Outcome.OK);
        effects.add(new Effect("batch", second, "key", "node"));
        effects.add(new Effect("batch", first, "key", "node"));
        assertThat(check(Contract.BATCH).isGreen()).isTrue();
    }

    @Test
    void eachConsumerIsOwedEachEvent() {
        publish(first, Outcome.OK);
        did(first);
        Verdict verdict = check(Contract.TX, Contract.BATCH);
        assertThat(verdict.of(Verdict.LOST)).hasSize(1);
        assertThat(verdict.of(Verdict.CONSERVATION)).hasSize(1);
    }

    @Test
    void aRowThatBelongsToNoPublishUnbalancesTheBooks() {
        publish(first, Outcome.OK);
        did(first);
        owed.add(new Owed("tx", second, DEAD));
        assertRed(Verdict.CONSERVATION);
    }

    @Test
    void whatIsPendingAfterTheFaultsIsRed() {
        publish(first, Outcome.OK);
        owed.add(new Owed("tx", first, READY));
        Verdict verdict = check(Contract.TX);
        assertThat(verdict.isGreen()).isFalse();
        assertThat(verdict.pending()).isEqualTo(1);
    }

    @Test
    void aConnectionLeftInATransactionIsALeak() {
        publish(first, Outcome.OK);
        did(first);
        leaks.add("application idle in transaction");
        assertRed(Verdict.LEAKS);
    }

    @Test
    void aFaultThatNeverFiredIsRedWhateverElseWasFound() {
        publish(first, Outcome.OK);
        did(first);
        Verdict verdict = Checker.check(history, observed(), List.of(Contract.TX), 0);
        assertThat(verdict.isGreen()).isFalse();
        assertThatThrownBy(verdict::requireGreen)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("so nothing is shown");
    }

    @Test
    void theReportNamesWhatWasFoundAndWhere() {
        publish(first, Outcome.OK);
        did(first);
        did(first);
        assertThat(check(Contract.TX).toString())
                .startsWith("RED: 1 published (0 unknown), 2 effects, 0 dead, 0 pending, fault fired 1 times")
                .contains("1 double effects, e.g. [tx did " + first + " 2 times]");
    }

    @Test
    void aRepeatedPublishAfterAnUnknownOutcomeIsAcknowledgedOnce() {
        publish(first, Outcome.UNKNOWN);
        publish(first, Outcome.OK);
        did(first);
        Verdict verdict = check(Contract.TX);
        assertThat(verdict.isGreen()).isTrue();
        assertThat(verdict.published()).isEqualTo(1);
        assertThat(verdict.unknown()).isZero();
    }

    @Test
    void whatANodeToldOfItsPublishesIsHistory() {
        history.read("invoke " + first + " key");
        history.read("started tx " + first + " 1");
        history.read("ok " + first);
        history.read("invoke " + second + " key");
        assertThat(history.count(Outcome.OK)).isEqualTo(1);
        assertThat(history.count(Outcome.UNKNOWN)).isEqualTo(1);
        assertThat(history.publishes().get(0).isBefore(history.publishes().get(1)))
                .isTrue();
    }

    private void publish(UUID id, Outcome outcome) {
        history.invoke(id, "key");
        history.end(id, outcome);
        if (outcome == Outcome.OK) {
            stored.add(id);
        }
    }

    private void did(UUID event) {
        effects.add(new Effect("tx", event, "key", "node"));
    }

    private void assertRed(String kind) {
        Verdict verdict = check(Contract.TX);
        assertThat(verdict.isGreen()).isFalse();
        assertThat(verdict.of(kind)).isNotEmpty();
    }

    private Verdict check(Contract... contracts) {
        return Checker.check(history, observed(), List.of(contracts), 1);
    }

    private Observed observed() {
        return new Observed(effects, owed, stored, leaks);
    }
}
