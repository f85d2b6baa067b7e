package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BusStatsTests {

    private static final ConsumerStats AUDIT =
            new ConsumerStats("audit", true, false, 5, Duration.ofSeconds(3), 2, 7, 11, 13);

    @Test
    void theFiguresOfAConsumerAreFoundByItsName() {
        assertThat(new BusStats(Instant.EPOCH, List.of(AUDIT)).of("audit")).isEqualTo(AUDIT);
    }

    @Test
    void anUnknownConsumerIsNamed() {
        BusStats stats = new BusStats(Instant.EPOCH, List.of(AUDIT));

        assertThatThrownBy(() -> stats.of("shipping"))
                .isInstanceOf(InvalidConsumerException.class)
                .hasMessage("No consumer 'shipping' is registered");
    }

    @Test
    void theBacklogIsWhatIsNeitherDoneNorDead() {
        assertThat(AUDIT.backlog()).isEqualTo(5 + 7 + 11);
    }

    @Test
    void aSnapshotDoesNotChangeWithTheListItWasMadeOf() {
        List<ConsumerStats> consumers = new ArrayList<>(List.of(AUDIT));
        BusStats stats = new BusStats(Instant.EPOCH, consumers);
        consumers.clear();

        assertThat(stats.consumers()).containsExactly(AUDIT).isUnmodifiable();
    }
}
