package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.Outcome;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** The order of one key where reading and settling overlap, which no test on a database can time. */
class WindowTests {

    private static final long KEY = 7;
    private static final Throwable CAUSE = new IllegalStateException("no");

    private final Window window = new Window(new Registered(
            1, ConsumerSpec.named("c").on("*").ordered().concurrency(4).handle(event -> Mono.empty()), false));

    private final Registered unorderedConsumer =
            new Registered(1, ConsumerSpec.named("c").on("*").handle(event -> Mono.empty()), false);

    private final Window unordered = new Window(unorderedConsumer);

    private final Window batches = new Window(
            new Registered(1, ConsumerSpec.named("c").on("*").ordered().handleBatch(events -> Mono.empty()), false));

    @Test
    void aRowReadBeforeTheFailureOfItsKeysHeadWasStoredIsNotHandledAheadOfIt() {
        Claimed head = row(1, 0);
        assertThat(admit(window, head)).containsExactly(List.of(head));
        window.hint(2);
        Claims.Range readBeforeTheFailure = next(window);
        Ended failed = Ended.attempted(head, new Outcome.Retry(Duration.ZERO, null, CAUSE), 1);
        window.advance(List.of(failed));
        window.settled(List.of(failed));

        List<List<Claimed>> units = window.admit(readBeforeTheFailure, page(List.of(row(2, 0))));

        assertThat(units).isEmpty();
        assertThat(next(window).above()).as("where it is read again").isLessThan(2);
    }

    @Test
    void aFreshRowAndOneThatFailedBeforeOfTheSameKeyAreNotHandledAtOnce() {
        List<List<Claimed>> units = admit(batches, row(4, 0), row(5, 1), row(6, 0));

        assertThat(units).containsExactly(List.of(row(4, 0)));
        assertThat(batches.advance(List.of(done(row(4, 0))))).containsExactly(List.of(row(5, 1)));
        assertThat(batches.advance(List.of(done(row(5, 1))))).containsExactly(List.of(row(6, 0)));
    }

    @Test
    void aFailedHeadThatBecameReadyAgainBeforeItWasForgottenIsReadWithAllBehindIt() {
        Claimed head = row(1, 0);
        Claimed behind = row(2, 0);
        admit(batches, head, behind);
        Ended failed = Ended.attempted(head, new Outcome.Retry(Duration.ZERO, null, CAUSE), 1);
        Ended released = Ended.notAttempted(behind, new Outcome.Released("behind", Duration.ZERO));
        batches.advance(List.of(failed, released));
        batches.hint(1);
        assertThat(admit(batches, row(3, 0))).as("both are in memory still").isEmpty();

        batches.settled(List.of(failed, released));

        assertThat(next(batches)).satisfies(range -> {
            assertThat(range.above()).isEqualTo(0);
            assertThat(range.without()).isEmpty();
        });
    }

    @Test
    void aKeyWithMoreRowsThanItsShareOfMemoryIsReadOnInOrder() {
        Window small = small();
        assertThat(admit(small, row(1, 0), row(2, 0), row(3, 0), row(4, 0), row(5, 0)))
                .containsExactly(List.of(row(1, 0)));
        assertThat(small.advance(List.of(done(row(1, 0))))).containsExactly(List.of(row(2, 0)));

        Claims.Range again = next(small);

        assertThat(again.above()).as("from the first row that was left out on").isLessThanOrEqualTo(3);
        assertThat(again.without()).containsExactlyInAnyOrder(1L, 2L, 3L);
        small.admit(again, page(List.of(row(4, 0), row(5, 0))));
        assertThat(small.advance(List.of(done(row(2, 0))))).containsExactly(List.of(row(3, 0)));
        assertThat(small.advance(List.of(done(row(3, 0))))).containsExactly(List.of(row(4, 0)));
    }

    @Test
    void afterALookFurtherBackThatFoundNothingItIsReadOnFromWhereItWas() {
        admit(unordered, row(1_000, 0));
        unordered.hint(5);
        Claims.Range back = next(unordered);
        unordered.admit(back, page(List.of()));

        unordered.hint(1_001);

        assertThat(back.above()).isEqualTo(4);
        assertThat(next(unordered).above()).isEqualTo(1_000);
    }

    @Test
    void afterAFullPageFurtherBackItIsReadOnFromThere() {
        admit(unordered, row(100_000, 0));
        unordered.hint(5);
        Claims.Range back = next(unordered);
        List<Claimed> full = LongStream.range(5, 5 + back.limit())
                .mapToObj(seq -> row(seq, 0))
                .toList();
        List<Ended> ended = full.stream().map(WindowTests::done).toList();

        unordered.admit(back, page(full));
        unordered.advance(ended);
        unordered.settled(ended);

        assertThat(next(unordered).above()).isEqualTo(4 + back.limit());
    }

    @Test
    void whatWasHandedOverBeforeAReadingFailedIsLeftOutOfTheNext() {
        unordered.hint(1);
        Claims.Range failing = next(unordered);
        assertThat(unordered.admit(List.of(row(1, 0), row(2, 0)))).hasSize(2);

        unordered.hint(failing.above() + 1);

        assertThat(next(unordered)).satisfies(range -> {
            assertThat(range.above()).isEqualTo(failing.above());
            assertThat(range.without()).containsExactlyInAnyOrder(1L, 2L);
        });
    }

    @Test
    void whatComesBehindCloseRowsIsReadAlongTheOutboxAsFarAsThatManyWouldReach() {
        Claims.Range first = next(unordered);

        assertThat(nextAfter(first, 2)).satisfies(range -> {
            assertThat(range.above()).isEqualTo(first.above() + 2L * first.limit());
            assertThat(range.upTo() - range.above()).isBetween(19L * range.limit() / 10, 2L * range.limit());
        });
    }

    @Test
    void fromTheVeryBeginningFewAreLookedUpAndBehindThemAsManyAsThereIsRoomFor() {
        unordered.hint(0);
        Claims.Range first = next(unordered);

        Claims.Range second = nextAfter(first, 5);
        finish(second, 5);
        unordered.hint(2);

        assertThat(first.limit()).isEqualTo(RangeReading.rowsAtOnce(unorderedConsumer));
        assertThat(second.limit()).as("far apart").isEqualTo(unorderedConsumer.windowSize());
        assertThat(next(unordered).limit()).as("further back").isEqualTo(unorderedConsumer.windowSize());
    }

    @Test
    void closeRowsAreReadAlongTheOutboxAlsoWhereMillionsBeforeThemAreFinished() {
        unordered.hint(0);
        Claims.Range first = next(unordered);
        List<Claimed> rows = LongStream.range(5_000_000, 5_000_000 + first.limit())
                .mapToObj(seq -> row(seq, 0))
                .toList();

        unordered.admit(first, page(rows));

        assertThat(next(unordered).isAlong()).isTrue();
    }

    @Test
    void whileARangeIsReadNoOtherIsAskedFor() {
        unordered.hint(1);
        assertThat(unordered.wantsToRead()).isTrue();
        Claims.Range range = next(unordered);
        unordered.hint(5);
        assertThat(unordered.wantsToRead()).isFalse();

        unordered.admit(range, page(List.of()));

        assertThat(unordered.wantsToRead()).isTrue();
    }

    @Test
    void aReadingThatFailedIsFollowedByAnother() {
        unordered.hint(1);
        Claims.Range failed = next(unordered);
        unordered.hint(failed.above() + 1);

        assertThat(next(unordered).above()).isEqualTo(failed.above());
    }

    @Test
    void whatComesBehindRowsThatAreFarApartIsLookedUp() {
        assertThat(nextAfter(next(unordered), 5).isAlong()).isFalse();
    }

    @Test
    void whatWasReadAlongTheOutboxAndFoundFewIsReadOnByLookingUp() {
        Claims.Range along = nextAfter(next(unordered), 1);
        assertThat(along.isAlong()).isTrue();

        unordered.admit(along, page(List.of(row(along.above() + 3, 0))));

        Claims.Range on = next(unordered);
        assertThat(on.above()).isEqualTo(along.above() + 3);
        assertThat(on.isAlong()).isFalse();
    }

    @Test
    void whatWasReadAlongTheOutboxAndFoundNothingIsReadOnByLookingUp() {
        Claims.Range along = nextAfter(next(unordered), 1);

        unordered.admit(along, page(List.of()));

        Claims.Range on = next(unordered);
        assertThat(on.above()).isEqualTo(along.above());
        assertThat(on.isAlong()).isFalse();
    }

    @Test
    void rowsThatWereCloserThanThoseBeforeShortenHowFarIsRead() {
        Claims.Range along = nextAfter(next(unordered), 3);
        assertThat(along.upTo() - along.above()).isBetween(29L * along.limit() / 10, 3L * along.limit());

        Claims.Range closer = nextAfter(along, 1);

        assertThat(closer.upTo() - closer.above()).isEqualTo(closer.limit());
    }

    @Test
    void whatFollowsAPageThatHadAllThereWasIsReadAlongTheOutbox() {
        Claims.Range first = next(unordered);
        long last = first.above() + first.limit() - 1;
        finish(first, page(rows(first, first.limit() - 1, 1)));
        unordered.hint(last + 1);

        assertThat(next(unordered)).satisfies(on -> {
            assertThat(on.above()).isEqualTo(last);
            assertThat(on.isAlong()).isTrue();
        });
    }

    @Test
    void whatFollowsAFewRowsIsLookedUp() {
        Claims.Range first = next(unordered);
        finish(first, page(rows(first, Claims.Range.FEWEST_ALONG - 1, 1)));
        unordered.hint(first.above() + Claims.Range.FEWEST_ALONG);

        assertThat(next(unordered).isAlong()).isFalse();
    }

    @Test
    void behindWhatWasReadAlongAndSaysThatItEndsNothingIsReadUntilAHint() {
        Claims.Range along = nextAfter(next(unordered), 2);
        finish(along, ending(rows(along, 100, 1)));

        assertThat(unordered.wantsToRead()).isFalse();

        unordered.hint(along.above() + 101);
        assertThat(next(unordered)).satisfies(on -> {
            assertThat(on.above()).isEqualTo(along.above() + 100);
            assertThat(on.upTo() - on.above()).as("as close as what was found").isEqualTo(on.limit());
        });
    }

    @Test
    void whatCommitsLateIsLookedUpBehindAPageThatHadAllThereWas() {
        Claims.Range along = nextAfter(next(unordered), 2);
        finish(along, ending(rows(along, 100, 2)));
        unordered.hint(along.above() + 1);

        assertThat(next(unordered)).satisfies(back -> {
            assertThat(back.above()).isEqualTo(along.above());
            assertThat(back.isAlong()).isFalse();
        });
    }

    @Test
    void whatIsFartherThanWouldBeReadAlongIsLookedUp() {
        Claims.Range along = nextAfter(next(unordered), 2);
        finish(along, ending(rows(along, 100, 1)));
        unordered.hint(along.above() + 1_000_000);

        assertThat(next(unordered).isAlong()).isFalse();
    }

    @Test
    void whatFollowsRowsThatWereFarApartIsLookedUpAlsoWhenTheyWereAllThereWas() {
        Claims.Range first = next(unordered);
        finish(first, page(rows(first, first.limit() - 1, 100)));
        unordered.hint(first.above() + 100L * first.limit());

        assertThat(next(unordered).isAlong()).isFalse();
    }

    @Test
    void afterALookFurtherBackThatHadAllThereWasItIsReadOnFromWhereItWas() {
        Claims.Range along = nextAfter(next(unordered), 2);
        long farthest = along.above() + 2L * along.limit();
        finish(along, 2);
        unordered.hint(along.above() - 500);
        finish(next(unordered), page(rows(next(unordered), 100, 1)));
        unordered.hint(farthest + 1);

        assertThat(next(unordered)).satisfies(on -> {
            assertThat(on.above()).isEqualTo(farthest);
            assertThat(on.isAlong()).isFalse();
        });
    }

    @Test
    void aFullPageIsReadOnFromWhateverItSaysOfItsEnd() {
        Claims.Range along = nextAfter(next(unordered), 2);
        finish(along, ending(rows(along, along.limit(), 1)));

        assertThat(next(unordered).above()).isEqualTo(along.above() + along.limit());
    }

    @Test
    void afterAHintFurtherBackItIsReadByLookingUp() {
        Claims.Range along = nextAfter(next(unordered), 1);
        finish(along, 1);
        unordered.hint(1);

        assertThat(next(unordered).isAlong()).isFalse();
    }

    /** The range behind one that was full, of rows so far apart, which are done. */
    private Claims.Range nextAfter(Claims.Range range, int apart) {
        finish(range, apart);
        return next(unordered);
    }

    private void finish(Claims.Range range, int apart) {
        finish(range, page(rows(range, range.limit(), apart)));
    }

    private void finish(Claims.Range range, RangeReading.Page page) {
        List<Ended> ended = page.rows().stream().map(WindowTests::done).toList();
        unordered.admit(range, page);
        unordered.advance(ended);
        unordered.settled(ended);
    }

    private static List<Claimed> rows(Claims.Range range, int count, int apart) {
        return LongStream.rangeClosed(1, count)
                .mapToObj(number -> row(range.above() + number * apart, 0))
                .toList();
    }

    private static RangeReading.Page ending(List<Claimed> rows) {
        long last = rows.get(rows.size() - 1).seq();
        return new RangeReading.Page(rows, rows.size(), rows.get(0).seq(), last, 0, 0, true);
    }

    @Test
    void afterAFullRangeThatWasHandedOverBeforeItIsReadOnFromItsLastRow() {
        unordered.hint(1);
        Claims.Range range = next(unordered);
        List<Claimed> early = LongStream.rangeClosed(1, range.limit())
                .mapToObj(seq -> row(seq, 0))
                .toList();
        List<Ended> ended = early.stream().map(WindowTests::done).toList();
        unordered.admit(early);
        unordered.advance(ended);
        unordered.settled(ended);

        unordered.admit(range, new RangeReading.Page(List.of(), early.size(), 1, range.limit(), 0, 0, false));

        assertThat(next(unordered).above()).isEqualTo(range.limit());
    }

    @Test
    void whenEarlierRowsOfASkippedKeyBecameReadyItIsNotReadOnFromBehindThem() {
        Window small = small();
        admit(small, row(11, 0), row(12, 0), row(13, 0), row(14, 0), row(15, 0));
        small.advance(List.of(done(row(11, 0))));
        admit(small, row(14, 0), row(15, 0));
        small.hint(20);
        assertThat(next(small).onlyKeys()).as("another key is read").isEmpty();
        small.advance(List.of(done(row(12, 0))));

        small.hint(5);

        assertThat(next(small)).satisfies(range -> {
            assertThat(range.onlyKeys()).as("the key alone is read on").containsExactly(KEY);
            assertThat(range.above()).isLessThan(5);
        });
    }

    @Test
    void aFreeHandlerIsReadForHoweverManyOthersAreHeld() {
        Window window = new Window(new Registered(
                1,
                ConsumerSpec.named("c")
                        .on("*")
                        .ordered()
                        .concurrency(16)
                        .prefetch(0)
                        .handle(event -> Mono.empty()),
                false));
        Claimed[] held = LongStream.rangeClosed(1, 15)
                .mapToObj(seq -> new Claimed(seq, seq, 0, 0, null, false, false, 0, 0, EVENT))
                .toArray(Claimed[]::new);

        assertThat(admit(window, held)).hasSize(15);
        window.hint(16);

        assertThat(next(window).limit()).isEqualTo(1);
    }

    private static Window small() {
        return new Window(new Registered(
                1,
                ConsumerSpec.named("c")
                        .on("*")
                        .ordered()
                        .concurrency(1)
                        .prefetch(15)
                        .handle(event -> Mono.empty()),
                false));
    }

    private static List<List<Claimed>> admit(Window window, Claimed... rows) {
        return window.admit(next(window), page(Arrays.asList(rows)));
    }

    /** Read while no transaction was open. */
    static RangeReading.Page page(List<Claimed> rows) {
        return RangeReading.Page.of(rows, 1, 1);
    }

    private static Claims.Range next(Window window) {
        return Objects.requireNonNull(window.next(), "a reason to read");
    }

    private static Ended done(Claimed row) {
        return Ended.attempted(row, Outcome.COMPLETED, 1);
    }

    private static final Event<RawJson> EVENT = Event.of("order.placed", new RawJson("{}"));

    private static Claimed row(long seq, int attempts) {
        return new Claimed(seq, KEY, 0, attempts, null, false, false, 0, 0, EVENT);
    }
}
