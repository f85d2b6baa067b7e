package io.penstock.crash;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** All faults in a random order, for an hour or for {@code -Dcrash.soak} (as in PT5M). */
@Tag("nightly")
class SoakNightlyTests {

    private static final Duration LENGTH = Duration.parse(System.getProperty("crash.soak", "PT1H"));
    private static final NodeOptions ALL = NodeOptions.DEFAULTS
            .with("consumers", "tx,plain,batch")
            .with("talk", false)
            .with("attempts", 1_000);
    private static final int NODES = 3;

    @RegisterExtension
    final Scenario scenario = new Scenario();

    private final Random random = Seed.random("soak");
    private final TcpProxy proxy = scenario.proxy();
    private final List<NodeProcess> nodes = new ArrayList<>();
    private int started;

    @Test
    void anHourOfMixedFaultsLosesNothingRepeatsNoEffectAndIsDrainedAtItsEnd() {
        for (int i = 0; i < NODES; i++) {
            nodes.add(newNode());
        }
        Disposable publishing = scenario.publisher().keepPublishing(8, Duration.ofMillis(100));
        long end = System.nanoTime() + LENGTH.toNanos();
        while (System.nanoTime() - end < 0) {
            long before = scenario.ledger.effects();
            breakSomething();
            scenario.fired();
            Scenario.awaitThat(() -> scenario.ledger.effects() > before + 50);
        }
        publishing.dispose();
        scenario.check(Scenario.LONG_PATIENCE).requireGreen();
    }

    private void breakSomething() {
        int chosen = random.nextInt(NODES);
        NodeProcess node = nodes.get(chosen);
        int fault = random.nextInt(8);
        System.out.println("fault " + fault + " for " + node.name());
        switch (fault) {
            case 0, 1 -> {
                node.kill();
                nodes.set(chosen, newNode());
            }
            case 2 -> {
                node.terminate();
                node.awaitEnd();
                nodes.set(chosen, newNode());
            }
            case 3 -> {
                node.stop();
                Scenario.awaitThat(() -> scenario.leases(node.name()) == 0);
                node.go();
            }
            case 4 -> {
                proxy.freeze();
                awaitEffects();
                proxy.thaw();
            }
            case 5 -> proxy.resetAfter(random.nextInt(20_000));
            case 6 -> terminateSomeBackend();
            default -> {
                scenario.server.kill();
                scenario.server.start();
            }
        }
    }

    private void awaitEffects() {
        long before = scenario.ledger.effects();
        Scenario.awaitThat(() -> scenario.ledger.effects() > before + 50);
    }

    private void terminateSomeBackend() {
        scenario.sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1");
    }

    /** Each second node's way to the database can be broken. */
    private NodeProcess newNode() {
        String name = "node-" + started++;
        return started % 2 == 0 ? scenario.node(name, ALL, proxy.port()) : scenario.node(name, ALL);
    }
}
