package io.penstock.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

@Tag("npm")
class NpmPeersIntegrationTests {

    static final List<NodeLibrary> TUNED = List.of(NodeLibrary.GRAPHILE_WORKER, NodeLibrary.PG_BOSS);

    private static PeersFixture fixture;

    @BeforeAll
    static void start() throws IOException {
        fixture = PeersFixture.start();
    }

    @AfterAll
    static void stop() throws IOException {
        fixture.close();
    }

    @ParameterizedTest
    @FieldSource("TUNED")
    void aPeerHandlesWhatWasReady(NodeLibrary library) throws Exception {
        fixture.run(new NodeAttempt(fixture.bench(2_000), library, NodeJob.DRAIN));
    }

    @ParameterizedTest
    @FieldSource("TUNED")
    void aPeerHandlesWhatItPublishesMeanwhile(NodeLibrary library) throws Exception {
        fixture.run(new NodeAttempt(fixture.bench(2_000), library, NodeJob.STEADY));
    }

    @ParameterizedTest
    @FieldSource("TUNED")
    void anEventIsStoredBesideTheBusinessRow(NodeLibrary library) throws Exception {
        fixture.run(new NodeAttempt(fixture.bench(100), library, NodeJob.PUBLISH_TX));
        assertThat(fixture.text("SELECT count(*) FROM business_order")).isEqualTo("100");
    }

    @ParameterizedTest
    @FieldSource("TUNED")
    void latencyIsMeasuredForEachEvent(NodeLibrary library) throws Exception {
        NodeAttempt attempt = new NodeAttempt(fixture.bench(200), library, NodeJob.LATENCY);
        fixture.run(attempt);
        assertThat(attempt.latencies().getTotalCount()).isEqualTo(200);
    }
}
