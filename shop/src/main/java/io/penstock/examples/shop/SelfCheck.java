package io.penstock.examples.shop;

import java.time.Duration;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.Environment;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** Orders something in the shop that is open, as a customer does, and waits until it is shipped. Blocks. */
final class SelfCheck {

    private static final Logger LOG = LoggerFactory.getLogger(SelfCheck.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration GLANCE = Duration.ofMillis(100);

    private final WebClient http;

    SelfCheck(Environment environment) {
        this.http = WebClient.create("http://localhost:" + environment.getProperty("local.server.port"));
    }

    boolean passes() {
        try {
            OrderState order =
                    place().flatMap(this::awaitShipped).timeout(PATIENCE).block();
            LOG.info("The shop works: {}", order);
            return true;
        } catch (RuntimeException e) {
            LOG.error("The shop does not work", e);
            return false;
        }
    }

    private Mono<UUID> place() {
        return http.post()
                .uri("/orders")
                .bodyValue(new OrderRequest("self-check", "teapot", 1))
                .retrieve()
                .bodyToMono(OrderController.Placed.class)
                .map(OrderController.Placed::id);
    }

    private Mono<OrderState> awaitShipped(UUID id) {
        return http.get()
                .uri("/orders/{id}", id)
                .retrieve()
                .bodyToMono(OrderState.class)
                .filter(order -> order.status().equals("shipped"))
                .repeatWhenEmpty(asked -> asked.delayElements(GLANCE));
    }
}
