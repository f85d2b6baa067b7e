package io.penstock.benchmarks.peers;

import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.Payload;
import io.penstock.benchmarks.peers.Library.Use;
import java.util.HashMap;
import java.util.Map;

/** Stores events, from as many threads as there are calls at once. */
final class PublishAttempt extends PeerAttempt {

    private final How how;
    private final Callers callers;

    PublishAttempt(Bench bench, Library library, How how) {
        super(
                bench,
                library,
                Use.PUBLISH,
                Math.min(bench.events(), library.handlesAtOnce() ? library.most() : how.most));
        this.how = how;
        this.callers = new Callers(how.callers);
    }

    @Override
    public void run() throws InterruptedException {
        switch (how) {
            case BULK -> publishSlices(callers);
            case SINGLE -> callers.forEach(events(), number -> peer().publish(Payload.of(number)));
            case IN_TRANSACTION -> callers.forEach(events(), this::publishBesideBusinessRow);
        }
    }

    @Override
    public void verify() {
        Conditions.require("stored events", peer().stored(), events());
        Conditions.require("orders written", database().businessRows(), how == How.IN_TRANSACTION ? events() : 0);
        if (library().handlesAtOnce()) {
            requireDone();
        }
    }

    @Override
    public Map<String, Object> config() {
        Map<String, Object> config = new HashMap<>(super.config());
        config.put("callers", how.callers);
        config.put("batch", how == How.BULK ? Peers.BATCH : 1);
        return config;
    }

    @Override
    public void close() {
        callers.close();
        super.close();
    }

    private void publishBesideBusinessRow(int number) {
        Payload event = Payload.of(number);
        database().inTransaction(() -> {
            database().insertBusinessRow(event);
            peer().publish(event);
        });
    }

    /** How events are stored. */
    enum How {
        /** Many in a transaction. */
        BULK(Peers.LANES, 50_000),
        /** One a call, 256 calls at once. */
        SINGLE(Peers.IN_FLIGHT, 20_000),
        /** One with the application's row, in its transaction. */
        IN_TRANSACTION(Peers.TRANSACTIONS, 20_000);

        private final int callers;
        private final int most;

        How(int callers, int most) {
            this.callers = callers;
            this.most = most;
        }
    }
}
