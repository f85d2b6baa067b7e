package io.penstock.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.spring.test.BusTester;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.r2dbc.core.DatabaseClient;
import tools.jackson.databind.JsonNode;

@ShopTest
class OrderIntegrationTests {

    @Autowired
    private BusTester bus;

    @Autowired
    private DatabaseClient database;

    private ShopClient shop;

    @BeforeEach
    void open(@Value("${local.server.port}") int port) {
        shop = new ShopClient(port);
    }

    @AfterEach
    void reset() {
        bus.awaitQuiet();
        bus.reset();
    }

    @Test
    void anOrderIsReservedInvoicedAndShipped() {
        UUID id = shop.place("Ada", "teapot", 2);
        bus.awaitQuiet();
        OrderState order = shop.state(id);
        assertThat(order.status()).isEqualTo("shipped");
        assertThat(order.total()).isEqualByComparingTo("49.00");
        assertThat(order.invoice()).isPositive();
        assertThat(order.tracking()).startsWith("T-");
        assertThat(events(id)).isEqualTo(4);
    }

    @Test
    void anOrderIsCreatedUnderTheAddressThatTheAnswerNames() {
        String location = shop.order("  Ada ", "lamp", 100)
                .expectStatus()
                .isCreated()
                .expectBody()
                .returnResult()
                .getResponseHeaders()
                .getFirst("Location");
        assertThat(location).startsWith("/orders/");
        assertThat(shop.state(UUID.fromString(location.substring("/orders/".length())))
                        .customer())
                .isEqualTo("Ada");
    }

    @Test
    void anOrderOfWhatIsSoldOutEndsThereAndIsNotInvoiced() {
        UUID id = shop.place("Grace", "unicorn", 1);
        bus.awaitQuiet();
        assertThat(shop.state(id).status()).isEqualTo("out-of-stock");
        assertThat(shop.state(id).invoice()).isNull();
        assertThat(bus.deadLetters("stock")).isEmpty();
    }

    @Test
    void nothingIsStoredOfAnOrderWhoseEventTheBusRefuses() {
        String tooLongForTheBus = "a".repeat(51);
        JsonNode problem = ShopClient.problem(shop.order(tooLongForTheBus, "teapot", 1), 422);
        assertThat(problem.path("detail").asString()).contains("order.placed", "51", "50");
        assertThat(count("shop.orders WHERE customer = '" + tooLongForTheBus + "'"))
                .isZero();
        assertThat(count("penstock.outbox_event WHERE key = '" + tooLongForTheBus + "'"))
                .isZero();
    }

    @Test
    void whatIsHandledTwiceHasItsEffectsOnce() {
        int before = shop.stock("lamp");
        bus.failAfter("stock", 1);
        bus.failAfter("invoicing", 1);
        bus.failAfter("shipping", 1);
        UUID id = shop.place("Edsger", "lamp", 3);
        bus.awaitQuiet();
        assertThat(shop.state(id).status()).isEqualTo("shipped");
        assertThat(shop.stock("lamp")).isEqualTo(before - 3);
        assertThat(count("shop.invoice WHERE order_id = '" + id + "'")).isOne();
        assertThat(events(id)).isEqualTo(4);
    }

    @Test
    void aCustomersOrdersAreShippedInTheOrderTheyWerePlaced() {
        bus.failBefore("shipping", 2);
        var placed = IntStream.range(0, 8)
                .mapToObj(i -> shop.place("Barbara", "teapot", 1))
                .toList();
        bus.awaitQuiet();
        assertThat(bus.delivered("shipping", StockReserved.class))
                .extracting(StockReserved::orderId)
                .containsExactlyElementsOf(placed);
    }

    private long events(UUID order) {
        return count("penstock.outbox_event WHERE aggregate_id = '" + order + "'");
    }

    private long count(String from) {
        return database.sql("SELECT count(*) FROM " + from)
                .mapValue(Long.class)
                .one()
                .block(ShopClient.PATIENCE);
    }
}
