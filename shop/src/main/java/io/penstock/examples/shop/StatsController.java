package io.penstock.examples.shop;

import io.penstock.bus.BusStats;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.EventBus;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** Where each consumer stands. */
@RestController
class StatsController {

    private final EventBus bus;
    private final LiveEvents live;

    StatsController(EventBus bus, LiveEvents live) {
        this.bus = bus;
        this.live = live;
    }

    @GetMapping("/stats")
    Mono<Stats> stats() {
        return bus.stats().map(this::view);
    }

    private Stats view(BusStats stats) {
        List<ConsumerView> consumers = stats.consumers().stream()
                .map(ConsumerView::of)
                .sorted(Comparator.comparing(ConsumerView::name))
                .toList();
        return new Stats(stats.at(), live.watchers(), consumers);
    }

    /** @param watchers streams of events that are open on this node */
    record Stats(Instant at, int watchers, List<ConsumerView> consumers) {}

    /** @param backlog all that is not done and not dead */
    record ConsumerView(
            String name,
            boolean running,
            boolean paused,
            long backlog,
            long ready,
            long scheduled,
            long parked,
            long dead,
            int inFlight,
            long oldestAgeMillis) {

        static ConsumerView of(ConsumerStats stats) {
            return new ConsumerView(
                    stats.consumer(),
                    stats.running(),
                    stats.paused(),
                    stats.backlog(),
                    stats.ready(),
                    stats.scheduled(),
                    stats.parked(),
                    stats.dead(),
                    stats.inFlight(),
                    stats.oldestAge().toMillis());
        }
    }
}
