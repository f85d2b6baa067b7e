package io.penstock.bus.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.DeadLetterFilter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Mono;

class OperationsIntegrationTests {

    private static App app;

    @BeforeAll
    static void start() {
        app = run(
                OperationsIntegrationTests.class,
                "management.endpoint.penstock.access=unrestricted",
                "penstock.health.oldest-age=1ms");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void healthSaysOfEachConsumerWhereItStands() throws Exception {
        assertThat(get(app, "/actuator/health/penstock").body())
                .contains("\"shipping\"", "\"backlog\"", "\"oldestAge\"", "\"running\":true");
    }

    @Test
    void aConsumerFarBehindDegradesTheBusNotTheApplication() throws Exception {
        app.bus().pause("behind").block(App.PATIENCE);
        app.publish(new OrderPlaced("paused", 1));
        App.awaitThat(() -> app.stats("shipping").oldestAge().isZero());
        assertThat(get(app, "/actuator/health/penstock").body()).contains("\"UP\"");
        app.execute("UPDATE " + App.schema(getClass()) + ".consumer SET paused = false WHERE name = 'behind'");
        HttpResponse<String> degraded = get(app, "/actuator/health/penstock");
        assertThat(degraded.body()).contains("\"DEGRADED\"", "\"behind\":[\"behind\"]");
        assertThat(degraded.statusCode()).isEqualTo(200);
        assertThat(get(app, "/actuator/health").body()).contains("\"status\":\"UP\"");
        app.bus().resume("behind").block(App.PATIENCE);
        App.awaitThat(() -> app.stats("behind").backlog() == 0);
    }

    @Test
    void livenessDoesNotAskTheBus() throws Exception {
        assertThat(get(app, "/actuator/health/liveness").body()).doesNotContain("penstock");
    }

    @Test
    void theEndpointPausesResumesRedrivesAndDiscardsWhenAllowed() throws Exception {
        app.bean(Shop.class).broken.set(true);
        app.publish(new OrderPlaced("dead", 1));
        App.awaitThat(() -> app.stats("shipping").dead() == 1);
        assertThat(get(app, "/actuator/penstock/shipping").body())
                .contains("no truck")
                .doesNotContain("orderId");
        app.bean(Shop.class).broken.set(false);
        assertThat(send(app, "POST", "/actuator/penstock/shipping", "{\"action\":\"redrive\"}")
                        .body())
                .contains("\"letters\":1");
        App.awaitThat(() -> app.stats("shipping").dead() == 0);
        send(app, "POST", "/actuator/penstock/shipping", "{\"action\":\"pause\"}");
        assertThat(app.stats("shipping").paused()).isTrue();
        send(app, "POST", "/actuator/penstock/shipping", "{\"action\":\"resume\"}");
        assertThat(app.stats("shipping").paused()).isFalse();
        app.bean(Shop.class).broken.set(true);
        app.publish(new OrderPlaced("discarded", 1));
        App.awaitThat(() -> app.stats("shipping").dead() == 1);
        String event = app.bus()
                .deadLetters()
                .list(DeadLetterFilter.of("shipping"))
                .blockFirst(App.PATIENCE)
                .event()
                .id()
                .toString();
        assertThat(send(app, "DELETE", "/actuator/penstock/shipping?event=" + event, "")
                        .body())
                .contains("\"discarded\"");
        assertThat(app.stats("shipping").dead()).isZero();
        app.bean(Shop.class).broken.set(false);
    }

    @Test
    void anUnknownConsumerIsNotFound() throws Exception {
        assertThat(get(app, "/actuator/penstock/nobody").statusCode()).isEqualTo(404);
    }

    @Test
    void aChangeOfAnUnknownConsumerIsTheClientsMistake() throws Exception {
        for (String action : List.of("pause", "resume", "redrive")) {
            HttpResponse<String> refused =
                    send(app, "POST", "/actuator/penstock/nobody", "{\"action\":\"" + action + "\"}");
            assertThat(refused.statusCode()).isEqualTo(400);
        }
        assertThat(send(app, "DELETE", "/actuator/penstock/nobody?event=" + UUID.randomUUID(), "")
                        .statusCode())
                .isEqualTo(400);
        assertThat(send(app, "POST", "/actuator/penstock/shipping", "{\"action\":\"explode\"}")
                        .statusCode())
                .isEqualTo(400);
    }

    static App run(Class<?> test, String... properties) {
        List<String> all = new ArrayList<>(List.of(properties));
        all.add("management.endpoints.web.exposure.include=health,penstock");
        all.add("management.endpoint.health.show-details=always");
        all.add("penstock.consumers.shipping.retry.max-attempts=1");
        return App.run(test, WebApplicationType.REACTIVE, Shop.class, all.toArray(String[]::new));
    }

    static HttpResponse<String> get(App app, String path) throws Exception {
        return send(app, "GET", path, "");
    }

    static HttpResponse<String> send(App app, String method, String path, String body) throws Exception {
        String port = app.context.getEnvironment().getRequiredProperty("local.server.port");
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                                .header("Content-Type", "application/json")
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Shop {

        final AtomicBoolean broken = new AtomicBoolean();

        @EventConsumer("shipping")
        Mono<Void> ship(OrderPlaced order) {
            return broken.get() ? Mono.error(new IllegalStateException("no truck")) : Mono.empty();
        }

        @EventConsumer("behind")
        Mono<Void> behind(OrderPlaced order) {
            return Mono.empty();
        }
    }
}
