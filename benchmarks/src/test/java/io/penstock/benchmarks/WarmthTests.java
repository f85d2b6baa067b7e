package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WarmthTests {

    private final Warmth warmth = new Warmth();

    @Test
    void isEnoughAfterSecondsInWhichLittleWasCompiled() {
        assertThat(warmth.add(3, 0.02)).isFalse();
        assertThat(warmth.add(3, 0.02)).isTrue();
    }

    @Test
    void beginsAnewWhenThereWasMuchToCompile() {
        warmth.add(3, 0.02);

        assertThat(warmth.add(10, 0.2)).isFalse();
        assertThat(warmth.add(3, 0.02)).isFalse();
        assertThat(warmth.add(3, 0.02)).isTrue();
    }
}
