package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.spring.test.BusTester;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;

@ShopTest
class DeadLetterIntegrationTests {

    @Autowired
    private BusTester bus;

    private ShopClient shop;

    @BeforeEach
    void open(@Value("${local.server.port}") int port) {
        shop = new ShopClient(port);
    }

    @AfterEach
    void reset() {
        shop.strike(false);
        bus.reset();
    }

    @Test
    void anOrderThatTheCarrierDoesNotTakeIsADeadLetterAndShippedOnceItIsRedriven() {
        shop.strike(true);
        UUID first = shop.place("Donald", "teapot", 1);
        UUID second = shop.place("Donald", "teapot", 1);
        bus.awaitQuiet();
        assertThat(shop.state(first).status()).isEqualTo("invoiced");
        Map<String, Object> letter = shop.deadLetters().get(0);
        assertThat(letter).containsEntry("consumer", "shipping").containsEntry("attempts", 3);
        assertThat(letter.get("error"))
                .asString()
                .isEqualTo(Carrier.OnStrikeException.class.getName() + ": The carrier is on strike");
        Object event = ((Map<?, ?>) letter.get("event")).get("id");

        shop.strike(false);
        shop.redrive("shipping", event).expectStatus().isAccepted();
        bus.awaitQuiet();
        assertThat(shop.state(first).status()).isEqualTo("shipped");
        assertThat(shop.state(second).status()).isEqualTo("shipped");
        assertThat(shop.deadLetters()).isEmpty();
        shop.redrive("shipping", event).expectStatus().isNotFound();
    }
}
