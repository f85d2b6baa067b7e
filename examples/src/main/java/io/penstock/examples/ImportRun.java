package io.penstock.examples;

import io.penstock.bus.BusStats;
import io.penstock.bus.DeadLetterFilter;
import io.penstock.bus.r2dbc.BusOptions;
import io.penstock.bus.r2dbc.R2dbcEventBus;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One run on one database: subscribe, import, wait until everything is delivered, redrive if asked to, sum up, check. */
final class ImportRun {

    private static final List<String> CONSUMERS = List.of(Invoicing.NAME, Shipping.NAME, Audit.NAME);

    private static final int REDRIVEN_AT_ONCE = 10_000;

    private final Arguments arguments;
    private final OrderFile file;
    private final OrdersDatabase database;
    private final R2dbcEventBus bus;
    private final Carrier carrier;
    private final Tally tally;
    private final Quiet quiet;
    private final Progress progress;
    private final PrintStream out;

    ImportRun(Arguments arguments, OrderFile file, OrdersDatabase database, PrintStream out, PrintStream err) {
        this.arguments = arguments;
        this.database = database;
        this.out = out;
        this.file = file;
        this.carrier = new Carrier(arguments.poison());
        this.tally = new Tally(file.name(), err);
        this.bus = R2dbcEventBus.create(database.connections(), options(tally));
        this.quiet = new Quiet(bus, tally, CONSUMERS);
        this.progress = new Progress(bus, tally, CONSUMERS, out);
    }

    /** Emits whether the database is as it should be. */
    Mono<Boolean> run() {
        return bus.start()
                .then(subscribe())
                .then(Mono.defer(this::deliver))
                .doOnNext(out::println)
                .then(new DatabaseCheck(database, out).run(arguments.redrive()));
    }

    Mono<Void> close() {
        return bus.close();
    }

    private Mono<Void> subscribe() {
        return bus.subscribe(Invoicing.consumer())
                .then(bus.subscribe(new Shipping(carrier, database).consumer()))
                .then(bus.subscribe(new Audit(database).consumer()))
                .then();
    }

    private Mono<Summary> deliver() {
        long startedAt = System.nanoTime();
        Mono<BusStats> delivered = new OrderImporter(bus, tally)
                .importAll(file.lines())
                .then(quiet.await())
                .flatMap(stats -> arguments.redrive() ? redrive() : Mono.just(stats));
        return progress.during(delivered).map(stats -> summary(stats, startedAt));
    }

    private Mono<BusStats> redrive() {
        carrier.repair();
        return Flux.fromIterable(CONSUMERS)
                .concatMap(this::redrive)
                .doOnNext(tally::redriven)
                .then(Mono.fromRunnable(() -> out.println("redriven: " + tally.redriven())))
                .then(quiet.await());
    }

    /** Emits how many, page by page. */
    private Flux<Long> redrive(String consumer) {
        Mono<Long> page =
                bus.deadLetters().redrive(DeadLetterFilter.of(consumer).withLimit(REDRIVEN_AT_ONCE));
        return page.expand(redriven -> redriven == REDRIVEN_AT_ONCE ? page : Mono.empty());
    }

    private Summary summary(BusStats stats, long startedAt) {
        return new Summary(tally, stats, CONSUMERS, Duration.ofNanos(System.nanoTime() - startedAt));
    }

    private static BusOptions options(Tally tally) {
        // Nothing is removed, so that the check can compare every event with what became of it.
        return BusOptions.builder()
                .source("order-import")
                .listener(tally)
                .retention(Duration.ofDays(36_500))
                .build();
    }
}
