package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check of the program finds what was broken behind its back. */
class DatabaseCheckIntegrationTests {

    private final TestDatabase database = TestDatabase.create();
    private String file = "";

    @BeforeEach
    void importOrders(@TempDir Path directory) {
        file = OrderLines.file(directory, OrderLines.orders(20, 4));
        Ran ran = Ran.on(database, "--orders", file);
        assertThat(ran.code()).as(ran.toString()).isZero();
    }

    @Test
    void aMissingInvoice() {
        assertThat(failedAfter("DELETE FROM orders_app.invoice WHERE order_id = 'o-7'"))
                .containsExactly("FAILED  each order has exactly one invoice, of its total: not so for 1, such as o-7");
    }

    @Test
    void aSecondInvoice() {
        assertThat(failedAfter("INSERT INTO orders_app.invoice (order_id, amount) VALUES ('o-7', 19.80)"))
                .containsExactly("FAILED  each order has exactly one invoice, of its total: not so for 1, such as o-7");
    }

    @Test
    void aMissingShipment() {
        assertThat(failedAfter("DELETE FROM orders_app.shipment WHERE order_id IN ('o-7', 'o-9')"))
                .singleElement()
                .asString()
                .startsWith("FAILED  each order has exactly one shipment")
                .contains("not so for 2");
    }

    @Test
    void aShipmentOutOfOrder() {
        assertThat(failedAfter("UPDATE orders_app.shipment SET shipment_no = DEFAULT WHERE order_id = 'o-3'"))
                .containsExactly("FAILED  the orders of each customer were shipped in the order of their events:"
                        + " not so for 1, such as o-7");
    }

    @Test
    void aMissingEvent() {
        assertThat(failedAfter("DELETE FROM penstock.outbox_event WHERE aggregate_id = 'o-7'"))
                .containsExactly("FAILED  each order has exactly one event: not so for 1, such as o-7");
    }

    @Test
    void anEventThatIsNotAudited() {
        assertThat(failedAfter("DELETE FROM orders_app.audit WHERE payload ->> 'orderId' = 'o-7'"))
                .containsExactly("FAILED  each event is audited: not so for 1, such as o-7");
    }

    private List<String> failedAfter(String sabotage) {
        database.execute(sabotage);
        Ran ran = Ran.on(database, "--orders", file);
        assertThat(ran.code()).as(ran.toString()).isEqualTo(1);
        return ran.failed();
    }
}
