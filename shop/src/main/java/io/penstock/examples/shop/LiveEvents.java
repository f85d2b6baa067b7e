package io.penstock.examples.shop;

import io.penstock.bus.EventBus;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** The bus as it runs, for any number of watchers: they share one look at the database. Thread-safe. */
@Component
class LiveEvents {

    private static final int MOST_WAITING = 1_000;

    private final Flux<EventView> shared;
    private final Sinks.Empty<Void> closing = Sinks.empty();
    private final AtomicInteger watchers = new AtomicInteger();

    LiveEvents(EventBus bus) {
        this.shared = bus.tail("*").map(EventView::of).share();
    }

    /**
     * From now on. A watcher that is a thousand events behind misses the oldest, and holds up nobody. Ends when the
     * database is away: browsers ask again by themselves.
     */
    Flux<EventView> watch() {
        return shared.onBackpressureBuffer(MOST_WAITING, BufferOverflowStrategy.DROP_OLDEST)
                .takeUntilOther(closing.asMono())
                .onErrorComplete()
                .doOnSubscribe(watcher -> watchers.incrementAndGet())
                .doFinally(end -> watchers.decrementAndGet());
    }

    int watchers() {
        return watchers.get();
    }

    /** The web server waits for open requests, and these would not end by themselves. */
    @EventListener(ContextClosedEvent.class)
    void close() {
        closing.tryEmitEmpty();
    }
}
