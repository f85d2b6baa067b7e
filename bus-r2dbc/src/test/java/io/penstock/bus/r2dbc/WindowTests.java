package io.penstock.bus.r2dbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.Outcome;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** What one consumer holds in memory, without a database. */
class WindowTests {

    @Test
    void aRowThatIsReadyAgainBeforeItIsForgottenIsReadOnceMore() {
        Window window = new Window(consumer(false, 4, 0));
        Claimed row = row(7, 1, 0);
        window.admit(Objects.requireNonNull(window.next()), List.of(row));
        Ended failed = Ended.attempted(row, new Outcome.Retry(Duration.ZERO, null, new Exception()), 1);
        window.advance(List.of(failed));

        // Stored and due at once: the loop reads while the row still counts as in flight.
        window.hint(7);
        Claims.Range early = Objects.requireNonNull(window.next());
        assertThat(early.without()).containsExactly(7L);
        window.admit(early, List.of());
        window.settled(List.of(failed));

        Claims.Range again = window.next();
        assertThat(again).isNotNull();
        assertThat(again.above()).isLessThan(7);
        assertThat(again.without()).isEmpty();
    }

    @Test
    void aFailedRowThatNoReadHasPassedCausesNone() {
        Window window = new Window(consumer(false, 4, 0));
        Claimed row = row(7, 1, 0);
        window.admit(Objects.requireNonNull(window.next()), List.of(row));
        Ended failed = Ended.attempted(row, new Outcome.Retry(Duration.ZERO, null, new Exception()), 1);

        window.advance(List.of(failed));
        window.settled(List.of(failed));

        assertThat(window.next()).isNull();
    }

    static Registered consumer(boolean ordered, int concurrency, int prefetch) {
        ConsumerSpec.Builder<RawJson> builder =
                ConsumerSpec.named("c").on("*").concurrency(concurrency).prefetch(prefetch);
        return new Registered(1, (ordered ? builder.ordered() : builder).handle(event -> Mono.empty()));
    }

    static Claimed row(long seq, long key, int attempts) {
        return new Claimed(seq, key, 0, attempts, false, false, false, Event.of("a.b", new RawJson("{}")));
    }
}
