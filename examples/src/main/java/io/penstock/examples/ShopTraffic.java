package io.penstock.examples;

import io.penstock.bus.kafka.KafkaBridgeListener;
import io.penstock.bus.kafka.RecordPosition;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** Counts what passes between the services. */
final class ShopTraffic implements KafkaBridgeListener {

    private final PrintStream err;
    private final LongAdder arrived = new LongAdder();
    private final LongAdder repeated = new LongAdder();
    private final LongAdder outages = new LongAdder();

    ShopTraffic(PrintStream err) {
        this.err = err;
    }

    @Override
    public void outage(String relay, String topic, Throwable error, Duration pause) {
        outages.increment();
    }

    @Override
    public void ingested(String ingress, int events, int duplicates, Duration storing) {
        arrived.add(events);
        repeated.add(duplicates);
    }

    @Override
    public void diverted(String ingress, RecordPosition position, String reason) {
        err.println("the record " + position + " is no event: " + reason);
    }

    long arrived() {
        return arrived.sum();
    }

    /** Records that came again and changed nothing. */
    long repeated() {
        return repeated.sum();
    }

    long outages() {
        return outages.sum();
    }
}
