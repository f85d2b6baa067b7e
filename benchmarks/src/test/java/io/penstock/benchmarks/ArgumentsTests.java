package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ArgumentsTests {

    @Test
    void workloadsAndOptionsMayCombine() {
        Arguments arguments = Arguments.parse(
                "drain", "steady", "--events", "10", "--rounds", "5", "--warmup", "0", "--option", "seconds=3");

        assertThat(arguments.workloads()).containsExactly("drain", "steady");
        assertThat(arguments.events()).isEqualTo(10);
        assertThat(arguments.rounds()).isEqualTo(5);
        assertThat(arguments.warmUp()).isZero();
        assertThat(arguments.options()).isEqualTo(Map.of("seconds", "3"));
    }

    @Test
    void aValueOutOfRangeIsNamedWithItsRange() {
        assertThatThrownBy(() -> Arguments.parse("drain", "--warmup", "2"))
                .isInstanceOf(UsageException.class)
                .hasMessage("--warmup is '2', allowed are 0 to 1");
        assertThatThrownBy(() -> Arguments.parse("drain", "--rounds", "none"))
                .hasMessage("--rounds is 'none', allowed are whole numbers from 1");
    }

    @Test
    void withoutAWorkloadThereIsNothingToDo() {
        assertThatThrownBy(Arguments::parse).hasMessage("no workload is named");
    }
}
