package io.penstock.examples.shop;

import java.time.Duration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

/** The events of the bus as server-sent events, until the client hangs up or the shop closes. */
@RestController
class EventController {

    private static final ServerSentEvent<EventView> OPEN = comment("open");
    private static final ServerSentEvent<EventView> HEARTBEAT = comment("heartbeat");

    private final LiveEvents live;
    private final Duration heartbeat;

    EventController(LiveEvents live, ShopProperties properties) {
        this.live = live;
        this.heartbeat = properties.heartbeat();
    }

    @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    ResponseEntity<Flux<ServerSentEvent<EventView>>> events() {
        return ResponseEntity.ok()
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .header("X-Accel-Buffering", "no")
                .body(stream());
    }

    /** Something is sent at once, and whenever nothing happens: proxies cut what is silent. */
    private Flux<ServerSentEvent<EventView>> stream() {
        return live.watch()
                .map(event ->
                        ServerSentEvent.builder(event).id(event.id().toString()).build())
                .publish(events -> Flux.merge(events, heartbeats().takeUntilOther(events.ignoreElements())))
                .startWith(OPEN);
    }

    private Flux<ServerSentEvent<EventView>> heartbeats() {
        return Flux.interval(heartbeat).onBackpressureDrop().map(beat -> HEARTBEAT);
    }

    private static ServerSentEvent<EventView> comment(String text) {
        return ServerSentEvent.<EventView>builder().comment(text).build();
    }
}
