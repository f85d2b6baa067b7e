package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.penstock.bus.Event;
import io.penstock.bus.EventBus;
import io.penstock.bus.RawJson;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

@ShopTest
class EventStreamIntegrationTests {

    private static final ParameterizedTypeReference<ServerSentEvent<String>> TEXT =
            new ParameterizedTypeReference<>() {};

    @Autowired
    private EventBus bus;

    private ShopClient shop;
    private int port;

    @BeforeEach
    void open(@Value("${local.server.port}") int port) {
        this.port = port;
        shop = new ShopClient(port);
        awaitWatchers(0);
    }

    @Test
    void eventsAreSentAsTheyHappenWithTheirPayloads() {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        Disposable watcher = stream().mapNotNull(ServerSentEvent::data).subscribe(seen::add);
        // The first may be placed before the stream has found where the outbox ends.
        await().atMost(ShopClient.PATIENCE).until(() -> {
            shop.place("Katherine", "teapot", 1);
            return Stream.of("order.placed", "stock.reserved", "invoice.written", "order.shipped")
                    .allMatch(type -> seen.stream().anyMatch(event -> event.contains("\"type\":\"" + type)));
        });
        watcher.dispose();
        assertThat(seen).allSatisfy(event -> assertThat(event).contains("\"payload\":{\"orderId\":\""));
    }

    @Test
    void aPayloadThatWasPublishedOnSeveralLinesIsSentOnOne() {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        Disposable watcher = stream().mapNotNull(ServerSentEvent::data).subscribe(seen::add);
        RawJson payload = new RawJson("{\n  \"a\": 1,\r\n\r\n  \"b\": \"\\n\"\r}");
        await().atMost(ShopClient.PATIENCE).until(() -> {
            bus.publish(Event.of("pretty.printed", payload)).block();
            return seen.stream().anyMatch(event -> event.contains("pretty.printed"));
        });
        watcher.dispose();
        assertThat(seen).allSatisfy(event -> assertThat(event).contains("\"payload\":{  \"a\": 1,  \"b\": \"\\n\"}}"));
    }

    @Test
    void aStreamWithoutEventsIsKeptAliveByHeartbeats() {
        assertThat(stream()
                        .mapNotNull(ServerSentEvent::comment)
                        .take(4)
                        .collectList()
                        .block(ShopClient.PATIENCE))
                .startsWith("open")
                .filteredOn("heartbeat"::equals)
                .hasSize(3);
    }

    @Test
    void aClientThatHangsUpIsForgotten() throws IOException {
        try (Socket client = new Socket("localhost", port)) {
            client.getOutputStream()
                    .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().flush();
            awaitWatchers(1);
        }
        awaitWatchers(0);
    }

    @Test
    void streamsEndWhenTheShopCloses() {
        LiveEvents live = new LiveEvents(bus);
        AtomicBoolean ended = new AtomicBoolean();
        live.watch().doOnComplete(() -> ended.set(true)).subscribe();
        assertThat(live.watchers()).isOne();
        live.close();
        assertThat(ended).isTrue();
        assertThat(live.watchers()).isZero();
    }

    private Flux<ServerSentEvent<String>> stream() {
        return shop.http
                .get()
                .uri("/events")
                .accept(MediaType.TEXT_EVENT_STREAM)
                .exchange()
                .expectHeader()
                .valueEquals("Cache-Control", "no-store")
                .returnResult(TEXT)
                .getResponseBody();
    }

    private void awaitWatchers(int watchers) {
        await().atMost(ShopClient.PATIENCE).until(() -> shop.watchers() == watchers);
    }
}
