package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import tools.jackson.databind.JsonNode;

/** What a customer, and whoever watches the shop, does by HTTP. */
final class ShopClient {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    final WebTestClient http;
    private final String base;

    ShopClient(int port) {
        this.base = "http://localhost:" + port;
        this.http = WebTestClient.bindToServer()
                .baseUrl(base)
                .responseTimeout(PATIENCE)
                .build();
    }

    /** A path as it is, without any further escape. */
    URI address(String path) {
        return URI.create(base + path);
    }

    WebTestClient.ResponseSpec order(String customer, String product, int quantity) {
        return http.post()
                .uri("/orders")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(Map.of("customer", customer, "product", product, "quantity", quantity))
                .exchange();
    }

    UUID place(String customer, String product, int quantity) {
        OrderController.Placed placed = order(customer, product, quantity)
                .expectStatus()
                .isCreated()
                .expectBody(OrderController.Placed.class)
                .returnResult()
                .getResponseBody();
        return Objects.requireNonNull(placed).id();
    }

    OrderState state(UUID id) {
        return get("/orders/" + id, OrderState.class);
    }

    int stock(String sku) {
        return http
                .get()
                .uri("/products")
                .exchange()
                .expectBodyList(Products.Product.class)
                .returnResult()
                .getResponseBody()
                .stream()
                .filter(product -> product.sku().equals(sku))
                .findFirst()
                .orElseThrow()
                .stock();
    }

    void strike(boolean onStrike) {
        http.put()
                .uri("/carrier")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(Map.of("onStrike", onStrike))
                .exchange()
                .expectStatus()
                .isOk();
        assertThat(get("/carrier", CarrierController.CarrierState.class).onStrike())
                .isEqualTo(onStrike);
    }

    @SuppressWarnings("unchecked")
    List<Map<String, Object>> deadLetters() {
        return get("/dead-letters", List.class);
    }

    WebTestClient.ResponseSpec redrive(String consumer, Object eventId) {
        return http.post()
                .uri("/dead-letters/{consumer}/{eventId}/redrive", consumer, eventId)
                .exchange();
    }

    static JsonNode problem(WebTestClient.ResponseSpec answer, int status) {
        return answer.expectStatus()
                .isEqualTo(status)
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody(JsonNode.class)
                .returnResult()
                .getResponseBody();
    }

    int watchers() {
        return get("/stats", StatsController.Stats.class).watchers();
    }

    private <T> T get(String path, Class<T> type) {
        T body = http.get()
                .uri(path)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(type)
                .returnResult()
                .getResponseBody();
        return Objects.requireNonNull(body);
    }
}
