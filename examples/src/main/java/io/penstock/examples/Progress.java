package io.penstock.examples;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.EventBus;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Tells twice a second how far the import and the consumers are. */
final class Progress {

    private static final Duration INTERVAL = Duration.ofMillis(500);

    private final EventBus bus;
    private final Tally tally;
    private final List<String> consumers;
    private final PrintStream out;

    Progress(EventBus bus, Tally tally, List<String> consumers, PrintStream out) {
        this.bus = bus;
        this.tally = tally;
        this.consumers = consumers;
        this.out = out;
    }

    /** Runs the work, telling of it until it ends. */
    <T> Mono<T> during(Mono<T> work) {
        return Mono.firstWithSignal(work, telling().then(Mono.never()));
    }

    private Flux<BusStats> telling() {
        return Flux.interval(INTERVAL)
                .onBackpressureDrop()
                .concatMap(tick -> bus.stats().onErrorComplete())
                .doOnNext(stats -> out.println(line(stats)));
    }

    private String line(BusStats stats) {
        return consumers.stream()
                .map(stats::of)
                .map(this::part)
                .collect(Collectors.joining(" | ", "imported " + count(tally.imported()) + " | ", ""));
    }

    private String part(ConsumerStats stats) {
        long waiting = stats.ready() + stats.parked();
        return stats.consumer() + " " + count(tally.completed(stats.consumer()))
                + (waiting == 0 ? "" : ", " + count(waiting) + " waiting")
                + (stats.scheduled() == 0 ? "" : ", " + count(stats.scheduled()) + " to retry");
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
