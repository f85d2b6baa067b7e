package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchmarksIntegrationTests {

    // Left out is what takes seconds to start and does nothing that another variant does not do.
    private static final String FEW = "all --events 200 --rounds 1 --warmup 0 --only penstock,twin,alone"
            + " --skip 4_nodes,1_node,own_transaction,large,16_connections,concurrency_256,none_failing,not_pinned,bare"
            + ",no_event,whole_backlog,1_consumer,plain,drained_in_batches,latency-50:,latency-5000:,tx-one:_twin,tx-one:_J"
            + ",publishAll"
            + " --option seconds=1 --option settling=0 --option parked=20 --option rate=2000 --option lease=1";

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @Test
    void everyWorkloadIsDoneAndVerifiedAndHasALineForEachVariant(@TempDir Path directory) throws Exception {
        Path results = directory.resolve("results.jsonl");

        int code = run(results, words());

        assertThat(printed.toString(StandardCharsets.UTF_8)).doesNotContain("NOT VERIFIED");
        assertThat(code).isEqualTo(Benchmarks.FINE);
        List<JsonNode> lines = Files.readAllLines(results).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
        assertThat(lines)
                .extracting(line -> line.get("workload").stringValue() + ", "
                        + line.get("variant").stringValue())
                .containsExactlyInAnyOrderElementsOf(expected());
        assertThat(lines).allSatisfy(BenchmarksIntegrationTests::isComplete);
    }

    private static String[] words() {
        return Stream.concat(Stream.of(FEW.split(" ")), Stream.of("--postgres", TestServer.url()))
                .map(word -> word.replace('_', ' '))
                .toArray(String[]::new);
    }

    private static List<String> expected() {
        Arguments arguments = Arguments.parse(words());
        return Workloads.all().stream()
                .flatMap(workload -> workload.variants().stream()
                        .filter(variant -> arguments.wants(workload, variant))
                        .map(variant -> workload.name() + ", " + variant.name()))
                .toList();
    }

    private static void isComplete(JsonNode line) {
        assertThat(line.propertyNames())
                .contains(
                        "workload",
                        "variant",
                        "events",
                        "rate",
                        "p50Ms",
                        "p99Ms",
                        "ratioToTwin",
                        "ratioToBestPeer",
                        "walBytesPerEvent",
                        "cpuMicrosPerEvent",
                        "jvmCpuMicrosPerEvent",
                        "roundTripsPerEvent",
                        "config");
        assertThat(line.get("rate").doubleValue()).isPositive();
        assertThat(line.get("walBytesPerEvent").isNumber()).isTrue();
        assertThat(line.get("cpuMicrosPerEvent").isNumber()).isTrue();
        assertThat(line.get("roundTripsPerEvent").isNumber()).isTrue();
    }

    @Test
    void wrongArgumentsAreSaid(@TempDir Path directory) {
        assertThat(run(directory.resolve("results.jsonl"), "no-such-workload")).isEqualTo(Benchmarks.MISUSED);
        assertThat(run(directory.resolve("results.jsonl"), "drain", "--rounds", "0"))
                .isEqualTo(Benchmarks.MISUSED);
    }

    private int run(Path results, String... arguments) {
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        return Benchmarks.run(out, out, results, arguments);
    }
}
