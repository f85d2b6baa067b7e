package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoundsTests {

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 18})
    void nobodyAlwaysComesAfterTheSameOneOrFirst(int count) {
        Set<String> first = new HashSet<>();
        Set<String> pairs = new HashSet<>();
        for (int round = 1; round <= 3; round++) {
            List<String> names = names(Rounds.inTurn(variants(count), round));
            assertThat(names).hasSize(count).doesNotHaveDuplicates();
            first.add(names.get(0));
            pairs.add("nobody " + names.get(0));
            for (int i = 1; i < count; i++) {
                pairs.add(names.get(i - 1) + " " + names.get(i));
            }
        }
        assertThat(first).hasSize(3);
        assertThat(variants(count))
                .allSatisfy(variant -> assertThat(pairs)
                        .filteredOn(pair -> pair.endsWith(" " + variant.name()))
                        .hasSizeGreaterThan(1));
    }

    @Test
    void theFirstRoundIsInTheOrderOfTheWorkload() {
        assertThat(names(Rounds.inTurn(variants(3), 1))).containsExactly("v0", "v1", "v2");
    }

    @Test
    void aVariantMayTakePartInTheFirstRoundOnly() {
        List<Variant> variants = List.of(variant("often"), variant("once").once());

        assertThat(names(Rounds.inTurn(variants, 1))).containsExactly("often", "once");
        assertThat(names(Rounds.inTurn(variants, 2))).containsExactly("often");
    }

    private static List<Variant> variants(int count) {
        return IntStream.range(0, count).mapToObj(i -> variant("v" + i)).toList();
    }

    private static Variant variant(String name) {
        return Variant.of(name, Role.OURS, "", bench -> {
            throw new IllegalStateException("Nobody runs it");
        });
    }

    private static List<String> names(List<Variant> variants) {
        return variants.stream().map(Variant::name).toList();
    }
}
