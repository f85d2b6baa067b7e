package io.penstock.examples;

import io.penstock.bus.BusListener;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.Delivery;
import io.penstock.bus.Outcome;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what this run does, and tells what goes wrong as it does. Thread-safe. */
final class Tally implements BusListener {

    private final String file;
    private final PrintStream err;
    private final LongAdder imported = new LongAdder();
    private final LongAdder alreadyImported = new LongAdder();
    private final LongAdder malformed = new LongAdder();
    private final LongAdder published = new LongAdder();
    private final LongAdder retried = new LongAdder();
    private final LongAdder redriven = new LongAdder();
    private final Map<String, LongAdder> completed = new ConcurrentHashMap<>();

    /** @param file the name of the file in what is told of its lines */
    Tally(String file, PrintStream err) {
        this.file = file;
        this.err = err;
    }

    void read(OrderLine line) {
        if (line instanceof OrderLine.Malformed wrong) {
            malformed.increment();
            err.println(file + ", line " + wrong.number() + ": " + wrong.reason());
        }
    }

    void imported(boolean isNew) {
        (isNew ? imported : alreadyImported).increment();
    }

    void redriven(long deadLetters) {
        redriven.add(deadLetters);
    }

    @Override
    public void published(int events) {
        published.add(events);
    }

    @Override
    public void completed(Delivery delivery, Duration handling) {
        completed.computeIfAbsent(delivery.consumer(), name -> new LongAdder()).increment();
    }

    @Override
    public void retried(Delivery delivery, Outcome.Retry retry) {
        retried.increment();
    }

    @Override
    public void deadLettered(DeadLetter letter) {
        err.println(
                letter.consumer() + " gave up on order " + letter.event().aggregateId() + " after " + letter.attempts()
                        + " attempts: " + letter.error().lines().findFirst().orElse(""));
    }

    @Override
    public void failed(String step, Throwable error) {
        err.println("The bus failed at '" + step + "' and goes on: " + error);
    }

    long imported() {
        return imported.sum();
    }

    long alreadyImported() {
        return alreadyImported.sum();
    }

    long malformed() {
        return malformed.sum();
    }

    long published() {
        return published.sum();
    }

    long retried() {
        return retried.sum();
    }

    long redriven() {
        return redriven.sum();
    }

    long completed(String consumer) {
        LongAdder count = completed.get(consumer);
        return count == null ? 0 : count.sum();
    }
}
