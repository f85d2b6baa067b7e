package io.penstock.bus.spring.test;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.DeadLetter;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.EventCodec;
import io.penstock.bus.RawJson;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The bus in the hands of a test: publish, wait until all is delivered, look at what was. A bean of every test with this
 * artifact; its methods wait, at most 30 seconds, and throw {@link AssertionError} after that. Thread-safe.
 */
public final class BusTester {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration GLANCE = Duration.ofMillis(10);

    private final EventBus bus;
    private final EventCodec codec;
    private final Deliveries deliveries;
    private final HandlerScript script;

    BusTester(EventBus bus, EventCodec codec, Deliveries deliveries, HandlerScript script) {
        this.bus = bus;
        this.codec = codec;
        this.deliveries = deliveries;
        this.script = script;
    }

    /** Publishes, outside of any transaction, an event of the type that the payload's class names. */
    public void publish(Object payload) {
        publish(Event.of(payload));
    }

    /** Publishes outside of any transaction. */
    public void publish(Event<?> event) {
        // On a thread that is in no transaction, unlike that of a test with @Transactional.
        bus.publish(event).subscribeOn(Schedulers.boundedElastic()).block(PATIENCE);
    }

    /**
     * Waits until this application's consumers have nothing left to do: no event ready, in a handler of this or another
     * node, to be retried, or delayed. Dead letters, what waits behind them, and consumers that are paused or do not run
     * here are not waited for.
     */
    public void awaitQuiet() {
        awaitQuiet(PATIENCE);
    }

    /** As {@link #awaitQuiet()}, for as long as is said. */
    public void awaitQuiet(Duration patience) {
        boolean quiet = Boolean.TRUE.equals(
                quietTwice().hasElement().timeout(patience, Mono.just(false)).block());
        if (!quiet) {
            throw new AssertionError("Not quiet within " + patience + ": " + notQuiet());
        }
    }

    /** Twice in a row, as the database and this node's memory are not looked at in the same moment. */
    private Mono<BusStats> quietTwice() {
        Mono<BusStats> quiet = bus.stats().filter(BusTester::isQuiet);
        return quiet.flatMap(once -> quiet).repeatWhenEmpty(asked -> asked.delayElements(GLANCE));
    }

    /** The events that a consumer has handled successfully since the last {@link #reset}, in the order it ended them. */
    public List<Event<RawJson>> delivered(String consumer) {
        return deliveries.of(consumer);
    }

    /** The payloads of {@link #delivered(String)}. */
    public <T> List<T> delivered(String consumer, Class<T> payload) {
        return deliveries.of(consumer).stream()
                .map(event -> codec.decode(event, payload))
                .toList();
    }

    /** What a consumer could not handle. */
    public List<DeadLetter> deadLetters(String consumer) {
        List<DeadLetter> letters = bus.deadLetters()
                .list(DeadLetterFilter.of(consumer))
                .collectList()
                .block(PATIENCE);
        return letters == null ? List.of() : letters;
    }

    /** Lets the next runs of a consumer's handler fail before its code is called. */
    public void failBefore(String consumer, int times) {
        script.add(consumer, times, HandlerScript.Moment.BEFORE);
    }

    /**
     * Lets the next runs of a consumer's handler fail after its code has succeeded, as if its node had died then: what it
     * wrote in the delivery's transaction is rolled back, what it did elsewhere has happened.
     */
    public void failAfter(String consumer, int times) {
        script.add(consumer, times, HandlerScript.Moment.AFTER);
    }

    /** Forgets what was delivered and what was to fail; the database stays as it is. */
    public void reset() {
        deliveries.clear();
        script.clear();
    }

    private static boolean isQuiet(BusStats stats) {
        return stats.consumers().stream().allMatch(BusTester::isQuiet);
    }

    private static boolean isQuiet(ConsumerStats stats) {
        boolean nothingLeft = stats.ready() + stats.scheduled() + stats.inFlight() == 0;
        boolean nothingWaits = stats.parked() == 0 || stats.dead() > 0;
        return !stats.running() || stats.paused() || (nothingLeft && nothingWaits);
    }

    private List<ConsumerStats> notQuiet() {
        List<ConsumerStats> all = bus.stats().map(BusStats::consumers).block(PATIENCE);
        return all == null
                ? List.of()
                : all.stream().filter(consumer -> !isQuiet(consumer)).toList();
    }
}
