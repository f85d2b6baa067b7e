package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Attempt;
import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.OpenLoop;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.peers.NodeJob.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A peer from npm at a job: its processes are ready before the clock starts, and gone when the attempt is closed. */
final class NodeAttempt implements Attempt {

    private final Bench bench;
    private final NodeLibrary library;
    private final NodeJob job;
    private final int events;
    private final List<NodeProcess> workers = new ArrayList<>();
    private final List<NodeProcess> publishers = new ArrayList<>();
    private final Histogram latencies = new ConcurrentHistogram(3);
    private @Nullable PeerDatabase database;

    NodeAttempt(Bench bench, NodeLibrary library, NodeJob job) {
        this.bench = bench;
        this.library = library;
        this.job = job;
        this.events =
                job.isAtRate() ? bench.events() : Math.min(bench.events(), job.handles() ? library.most() : job.most());
    }

    @Override
    public void prepare() throws Exception {
        database = PeerDatabase.open(bench.database(), 1);
        try (NodeProcess filler = start(Part.FILL, job.isFilled() ? events : 0)) {
            filler.awaitDone(PeerAttempt.PATIENCE);
        }
        for (Part part : job.parts()) {
            startAll(part);
        }
    }

    @Override
    public void run() {
        all().forEach(process -> process.say("GO"));
        if (job.handles()) {
            awaitHandled();
        } else {
            publishers.forEach(process -> process.awaitDone(PeerAttempt.PATIENCE));
        }
    }

    @Override
    public void verify() {
        if (!job.handles()) {
            Conditions.require("stored events", database().number(library.sql().stored()), events);
            Conditions.require("orders written", database().businessRows(), job.isInTransaction() ? events : 0);
            return;
        }
        workers.forEach(process -> process.say("STOP"));
        workers.forEach(process -> process.awaitDone(PeerAttempt.PATIENCE));
        Conditions.require("events handled", handled(), events);
        Conditions.require("events that came again", total(NodeProcess::again), 0);
        Conditions.require("sum of the numbers", total(NodeProcess::sum), events * (events - 1L) / 2);
        Conditions.require("unfinished events", unfinished(), 0);
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(library.settings());
        config.put("pool", library.connections());
        if (job.handles()) {
            config.put("processes", workers.size());
        }
        return config;
    }

    @Override
    public long operations(Bench given) {
        return events;
    }

    @Override
    public @Nullable Histogram latencies() {
        return job.isAtRate() ? latencies : null;
    }

    @Override
    public void close() {
        all().forEach(NodeProcess::close);
        if (database != null) {
            database.close();
        }
    }

    private void startAll(Part part) throws Exception {
        int count = part == Part.WORK ? library.processes() : 1;
        List<NodeProcess> started = part.handles() ? workers : publishers;
        for (int i = 0; i < count; i++) {
            started.add(start(part, events));
        }
        started.forEach(process -> process.awaitReady(PeerAttempt.PATIENCE));
    }

    private NodeProcess start(Part part, int count) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("url", url(bench.database()));
        config.put("role", part.role());
        config.put("events", count);
        config.put("filled", job.isFilled());
        config.put("connections", library.connections());
        config.put("batch", Peers.BATCH);
        config.put("lanes", Peers.LANES);
        config.put("inFlight", part == Part.PUBLISH_TX ? Peers.TRANSACTIONS : Peers.IN_FLIGHT);
        config.put("rate", OpenLoop.rate(bench));
        config.put("customers", Payload.CUSTOMERS);
        config.put("payload", Payload.of(0));
        config.put("settings", library.settings());
        return NodeProcess.start(library.script(), config, micros -> latencies.recordValue(Math.max(0, micros) * 1000));
    }

    private void awaitHandled() {
        Conditions.await("events not handled", this::isHandled, PeerAttempt.PATIENCE);
        Conditions.await("unfinished events", () -> unfinished() == 0, PeerAttempt.PATIENCE);
    }

    private long unfinished() {
        return database().number(library.sql().unfinished());
    }

    private PeerDatabase database() {
        return Objects.requireNonNull(database);
    }

    private boolean isHandled() {
        all().forEach(NodeProcess::requireAlive);
        return handled() >= events;
    }

    private long handled() {
        return total(NodeProcess::handled);
    }

    private long total(ToLongFunction<NodeProcess> figure) {
        return workers.stream().mapToLong(figure).sum();
    }

    private List<NodeProcess> all() {
        return Stream.concat(workers.stream(), publishers.stream()).toList();
    }

    private static String url(Bench.Address address) {
        return "postgres://" + address.user() + ":" + address.password() + "@" + address.host() + ":" + address.port()
                + "/" + address.name();
    }
}
