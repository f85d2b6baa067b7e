package io.penstock.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.namastack.outbox.partition.PartitionHasher;
import io.penstock.benchmarks.Attempt;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.Variant;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class PeersIntegrationTests {

    static final List<Library> TUNED = List.of(DbSchedulerPeer.LOCK_AND_FETCH, NamastackPeer.TUNED, ModulithPeer.TUNED);

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
    void aPeerHandlesWhatWasReady(Library library) throws Exception {
        fixture.run(new DrainAttempt(fixture.bench(100), library));
    }

    @ParameterizedTest
    @FieldSource("TUNED")
    void aPeerHandlesWhatItPublishesMeanwhile(Library library) throws Exception {
        fixture.run(LiveAttempt.steady(fixture.bench(250), library));
    }

    @Test
    void latencyIsMeasuredForEachEvent() throws Exception {
        LiveAttempt attempt = LiveAttempt.atRate(fixture.bench(50), DbSchedulerPeer.LOCK_AND_FETCH);
        fixture.run(attempt);
        assertThat(attempt.latencies().getTotalCount()).isEqualTo(50);
    }

    @Test
    void anEventIsStoredBesideTheBusinessRow() throws Exception {
        fixture.run(new PublishAttempt(
                fixture.bench(20), DbSchedulerPeer.LOCK_AND_FETCH, PublishAttempt.How.IN_TRANSACTION));
        assertThat(fixture.text("SELECT count(*) FROM business_order")).isEqualTo("20");
    }

    @Test
    void rowsFilledInForNamastackAreAsItsOwn() throws Exception {
        try (Attempt attempt = new DrainAttempt(fixture.bench(10), NamastackPeer.TUNED)) {
            attempt.prepare();
            assertThat(fixture.text("""
                    SELECT count(DISTINCT to_jsonb(r)
                             - '{id,record_key,payload,partition_no,created_at,next_retry_at}'::text[])
                      FROM outbox_record AS r
                    """)).isEqualTo("1");
            assertThat(fixture.text("SELECT payload FROM outbox_record ORDER BY created_at LIMIT 1"))
                    .isEqualTo(Payload.of(0).toJson());
            assertThat(fixture.text("SELECT partition_no FROM outbox_record ORDER BY created_at LIMIT 1"))
                    .isEqualTo("" + PartitionHasher.INSTANCE.getPartitionForRecordKey("customer-0"));
        }
    }

    @Test
    void rowsFilledInForSpringModulithAreAsItsOwn() throws Exception {
        try (Attempt attempt = new DrainAttempt(fixture.bench(10), ModulithPeer.TUNED)) {
            attempt.prepare();
            assertThat(fixture.text("""
                    SELECT count(DISTINCT to_jsonb(r)
                             - '{id,serialized_event,publication_date,last_resubmission_date}'::text[])
                      FROM event_publication AS r
                    """)).isEqualTo("1");
            assertThat(fixture.text("SELECT serialized_event FROM event_publication ORDER BY publication_date LIMIT 1"))
                    .isEqualTo(Payload.of(0).toJson());
        }
    }

    @Test
    void aWorkloadThatPeersDoNotKnowHasNone() {
        assertThat(Peers.of("codec")).isEmpty();
        assertThat(Peers.of("pinned-xmin"))
                .extracting(Variant::name)
                .contains("db-scheduler", "namastack-outbox", "spring-modulith")
                .doesNotHaveDuplicates();
    }
}
