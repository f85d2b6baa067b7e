package io.penstock.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether the counts that every cell is verified by can fail. */
class CellRunIntegrationTests {

    private static final int EVENTS = 20;

    private static Server server;
    private static Databases databases;

    @BeforeAll
    static void start() {
        server = Server.at(TestServer.url());
        databases = new Databases(server.address());
    }

    @AfterAll
    static void stop() throws Exception {
        databases.close();
        server.close();
    }

    @Test
    void aDrainThatDidAllHasARate() throws Exception {
        Cell cell = drain("SELECT 1");

        assertThat(cell.error()).isNull();
        assertThat(cell.rate()).isPositive();
        assertThat(cell.walBytesPerEvent()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // One that was never owed, and so never came; one that is owed still, as a dead letter; one that came
                // twice.
                "DELETE FROM penstock.inbox WHERE seq = 1",
                "UPDATE penstock.inbox SET state = 3 WHERE seq = 2",
                "UPDATE penstock.outbox_event SET payload = (SELECT payload FROM penstock.outbox_event WHERE seq = 4) WHERE seq = 3"
            })
    void aDrainThatDidNotDoAllHasNone(String tampering) throws Exception {
        Cell cell = drain(tampering);

        assertThat(cell.error()).isNotNull();
        assertThat(cell.rate()).isNull();
    }

    @Test
    void aPublishThatStoredTooFewHasNoRate() throws Exception {
        Cell cell =
                run(Seeds.consumers(1), bench -> new Tampered(new TwinPublishSingle(bench, 1, 2), bench, "SELECT 1") {
                    @Override
                    public void verify() throws Exception {
                        Stored.require(bench.database(), bench.events());
                    }
                });

        assertThat(cell.rate()).isNull();
        assertThat(cell.error()).contains("events stored: 10, expected 20");
    }

    @Test
    void aPinThatDidNotHoldHasNoRate() throws Exception {
        String unpinning = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'";
        Cell cell = run(
                Seeds.ready(1), Pinned.of(bench -> new Tampered(new TwinDrain(bench, 1, 5, true), bench, unpinning)));

        assertThat(cell.rate()).isNull();
        assertThat(cell.error()).contains("transactions that hold a snapshot: 0");
    }

    private static Cell drain(String tampering) throws Exception {
        return run(Seeds.ready(1), bench -> new Tampered(new TwinDrain(bench, 1, 5, true), bench, tampering));
    }

    private static Cell run(Template template, Variant.Opener opener) throws Exception {
        Variant variant = Variant.of("tampered", Role.TWIN, "", opener).on(template);
        Workload workload = Workload.rate("tampered", EVENTS, List.of(variant));
        return new CellRun(databases, Gauges.of(server)).run(workload, variant, 1, EVENTS, Map.of());
    }

    /** Does what another attempt does, after somebody has meddled with the database. */
    private static class Tampered implements Attempt {

        private final Attempt attempt;
        private final Bench bench;
        private final String tampering;

        Tampered(Attempt attempt, Bench bench, String tampering) {
            this.attempt = attempt;
            this.bench = bench;
            this.tampering = tampering;
        }

        @Override
        public void prepare() throws Exception {
            attempt.prepare();
        }

        @Override
        public void run() throws Exception {
            Jdbc.run(bench.database(), tampering);
            attempt.run();
        }

        @Override
        public void verify() throws Exception {
            attempt.verify();
        }

        @Override
        public void close() throws Exception {
            attempt.close();
        }
    }
}
