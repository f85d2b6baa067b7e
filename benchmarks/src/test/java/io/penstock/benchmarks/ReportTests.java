package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTests {

    @Test
    void targetsAreComputedFromTheMediansOfTheLastRun(@TempDir Path directory) throws Exception {
        Results results = new Results(directory.resolve("target/results.jsonl"));
        results.add(List.of(
                cell("2026-01-01", "drain", "penstock", 1, 1_000.0),
                cell("2026-01-02", "drain", "penstock", 1, 90.0),
                cell("2026-01-02", "drain", "twin", 1, 100.0),
                cell("2026-01-02", "drain", "penstock", 2, 50.0),
                cell("2026-01-02", "drain", "twin", 2, 100.0),
                cell("2026-01-02", "drain", "penstock", 3, 85.0),
                cell("2026-01-02", "drain", "twin", 3, 100.0),
                cell("2026-01-02", "steady", "penstock", 1, 79.0),
                cell("2026-01-02", "steady", "twin", 1, 100.0)));

        Report.write(results, new Machine(Map.of("processors", "2"), Map.of("fsync", "on")), directory);

        String page = Files.readString(directory.resolve("benchmarks.md"));
        assertThat(page)
                .contains("| drain, of the raw twin, default options | ≥ 0.80 | 0.85 | met |")
                .contains("| steady, of the raw twin, default options | ≥ 0.80 | 0.79 | **NOT met** |")
                .contains("- steady, of the raw twin, default options: 0.79, asked ≥ 0.80.")
                .contains("| nodes, two of one | ≥ 0.90 | – | not measured |")
                .contains("| penstock | 10 | 85.0 (50.0–90.0) |")
                .contains("| `fsync` | on |");
        assertThat(Files.readString(directory.resolve("benchmarks/drain.svg"))).contains("<svg");
    }

    @Test
    void aRoundThatWasNotVerifiedTakesTheRateFromItsVariant(@TempDir Path directory) throws Exception {
        Results results = new Results(directory.resolve("results.jsonl"));
        results.add(List.of(
                cell("2026-01-02", "steady", "penstock", 1, 100.0),
                cell("2026-01-02", "steady", "penstock", 2, null),
                cell("2026-01-02", "steady", "twin", 1, 100.0)));

        Report.write(results, new Machine(Map.of(), Map.of()), directory);

        assertThat(Files.readString(directory.resolve("benchmarks.md")))
                .contains("| steady, of the raw twin, default options | ≥ 0.80 | – | not measured |")
                .contains("- steady, penstock, round 2 was not verified: rows left in the inbox: 1, expected 0")
                .contains("| penstock | 10 | not verified |");
    }

    @Test
    void whatAnEventAddsToATransactionIsSaidBesideWhatItAddsByHand(@TempDir Path directory) throws Exception {
        Results results = new Results(directory.resolve("results.jsonl"));
        results.add(List.of(
                cell("2026-01-02", "publish-tx", "penstock", 1, 40.0),
                cell("2026-01-02", "publish-tx", "penstock, no event", 1, 80.0),
                cell("2026-01-02", "publish-tx", "twin", 1, 50.0),
                cell("2026-01-02", "publish-tx", "twin, no event", 1, 100.0)));

        Report.write(results, new Machine(Map.of(), Map.of()), directory);

        assertThat(Files.readString(directory.resolve("benchmarks.md")))
                .contains(
                        "8 at once, time more than by hand without event | ≤ 0.30 | 1.50 (by hand 1.00) | **NOT met** |")
                .contains("8 at once, time more than ours without event | ≤ 0.30 | 1.00 (by hand 1.00) | **NOT met** |")
                .contains("one at a time, p50 more than by hand without event | ≤ 0.30 | – | not measured |");
    }

    private static Cell cell(String run, String workload, String variant, int round, Double rate) {
        return new Cell(
                run,
                workload,
                variant,
                variant.equals("twin") ? Role.TWIN : Role.OURS,
                round,
                10,
                rate,
                null,
                null,
                null,
                null,
                1.0,
                1.0,
                1.0,
                1.0,
                0.0,
                Map.of(),
                "at least once",
                rate == null ? "rows left in the inbox: 1, expected 0" : null);
    }
}
