package io.penstock.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

/** PostgreSQL, or one backend of it, dies; the nodes stay up and go on by themselves. */
@Tag("crash")
class ServerDeathIntegrationTests {

    private static final NodeOptions ALL = NodeOptions.DEFAULTS.with("consumers", "tx,plain,batch");
    private static final int DEATHS = 3;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    @Test
    void aServerKilledInMidDispatchLosesNoAcknowledgedEventAndDispatchResumesByItself() {
        List<NodeProcess> nodes = List.of(scenario.node("first", ALL), scenario.node("second", ALL));
        Disposable publishing = scenario.publisher().keepPublishing(8, Duration.ofMillis(5));
        for (int death = 0; death < DEATHS; death++) {
            awaitProgress();
            scenario.server.kill();
            scenario.fired();
            scenario.server.start();
        }
        awaitProgress();
        publishing.dispose();
        scenario.check().requireGreen();
        assertThat(nodes).allMatch(NodeProcess::isAlive);
    }

    @ParameterizedTest
    @ValueSource(strings = {"claim", "handler", "lease"})
    void aTerminatedBackendOfEachKindCostsNothingButTime(String kind) {
        NodeProcess node = scenario.node("node", ALL);
        Disposable publishing = scenario.publisher().keepPublishing(8, Duration.ofMillis(5));
        for (int death = 0; death < DEATHS; death++) {
            awaitProgress();
            Scenario.awaitThat(() -> terminate(kind) > 0);
            scenario.fired();
        }
        awaitProgress();
        publishing.dispose();
        scenario.check().requireGreen();
        assertThat(node.isAlive()).isTrue();
    }

    @Test
    void aTerminatedListenBackendIsReplacedAndWhatOthersPublishIsSignalledAgain() {
        // Nothing but a signal brings an event within an hour.
        NodeProcess node = scenario.node("node", NodeOptions.DEFAULTS.with("poll", 3_600_000));
        for (int death = 0; death < DEATHS; death++) {
            long before = scenario.ledger.effects();
            Scenario.awaitThat(() -> terminate("listen") > 0);
            scenario.fired();
            scenario.publisher().publish(4, 5, Work.PLAIN);
            Scenario.awaitThat(() -> scenario.ledger.effects() == before + 20);
        }
        scenario.check().requireGreen();
        assertThat(node.isAlive()).isTrue();
    }

    private void awaitProgress() {
        long before = scenario.ledger.effects();
        Scenario.awaitThat(() -> scenario.ledger.effects() > before + 100);
    }

    private long terminate(String kind) {
        String which = switch (kind) {
            case "claim" -> "application_name = 'penstock' AND query LIKE '%pg_snapshot_xmin%'";
            case "handler" -> "application_name = 'application' AND query LIKE '%INTO ledger%'";
            case "lease" -> "application_name = 'penstock' AND query LIKE '%partition_lease%'";
            case "listen" -> "application_name = 'penstock' AND (query LIKE 'LISTEN%' OR query LIKE 'NOTIFY%')";
            default -> throw new IllegalArgumentException(kind);
        };
        return scenario.sql.number("SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND " + which);
    }
}
