package io.penstock.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadLetterFilterTests {

    private static final Instant MONDAY = Instant.parse("2026-06-01T00:00:00Z");
    private static final Instant TUESDAY = Instant.parse("2026-06-02T00:00:00Z");

    @Test
    void allNarrowsNothingAndGivesTheFirstThousand() {
        assertThat(DeadLetterFilter.all())
                .isEqualTo(new DeadLetterFilter(null, null, null, null, null, null, 0, 1_000));
    }

    @Test
    void eachChangeKeepsWhatWasSetBefore() {
        DeadLetterFilter filter = DeadLetterFilter.of("shipping")
                .withType("order.*")
                .withKey("customer/7")
                .withFailedBetween(MONDAY, TUESDAY)
                .withErrorContaining("carrier")
                .withAfter(42)
                .withLimit(10);

        assertThat(filter)
                .isEqualTo(
                        new DeadLetterFilter("shipping", "order.*", "customer/7", MONDAY, TUESDAY, "carrier", 42, 10));
        assertThat(filter.withConsumer("audit"))
                .isEqualTo(new DeadLetterFilter("audit", "order.*", "customer/7", MONDAY, TUESDAY, "carrier", 42, 10));
    }

    @Test
    void aChangeLeavesTheFilterItStartedFromAlone() {
        DeadLetterFilter filter = DeadLetterFilter.of("shipping");
        filter.withType("order.placed").withLimit(1);

        assertThat(filter).isEqualTo(DeadLetterFilter.of("shipping"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10_000})
    void limitsAtBothEndsAreAllowed(int limit) {
        assertThat(DeadLetterFilter.all().withLimit(limit).limit()).isEqualTo(limit);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 10_001})
    void aLimitOutsideNamesItselfTheValueAndTheRange(int limit) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeadLetterFilter.all().withLimit(limit))
                .withMessage("limit is " + limit + ", allowed are 1 to 10000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "order.*", "order.placed", "ORDER_1-a"})
    void typesAndPatternsAreAllowed(String type) {
        assertThat(DeadLetterFilter.all().withType(type).type()).isEqualTo(type);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "order%", "order.**", "or*er", "order.\n", "'; drop table inbox"})
    void aTypeThatIsNoPatternIsRefusedByName(String type) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeadLetterFilter.all().withType(type))
                .withMessageStartingWith("type is '")
                .withMessageEndingWith("', allowed are '*', an event type, or one with '.*'")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cntrl}"));
    }
}
