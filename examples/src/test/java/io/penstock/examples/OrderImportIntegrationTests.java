package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program from its arguments to its exit code, on a real PostgreSQL. */
class OrderImportIntegrationTests {

    private static final String SHIPPED = """
            SELECT order_id FROM orders_app.shipment JOIN orders_app.orders USING (order_id)
             WHERE customer = '%s' ORDER BY shipment_no
            """;

    private final TestDatabase database = TestDatabase.create();

    @TempDir
    Path directory;

    @Test
    void withoutArgumentsTheSampleIsImportedAndEveryCheckHolds() {
        Ran ran = Ran.with();

        assertThat(ran.code()).as(ran.toString()).isZero();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.figure("orders")).isEqualTo("2,500  (0 already imported, 0 malformed lines)");
        assertThat(List.of(
                        ran.figure("events"), ran.figure("invoices"), ran.figure("shipments"), ran.figure("audited")))
                .containsOnly("2,500");
        assertThat(ran.figure("dead letters")).startsWith("0 ");
        assertThat(ran.out()).contains("imported ").contains("| shipping ");
    }

    @Test
    void theCarrierFailsTheSameAttemptsInEveryRun() {
        String file = OrderLines.file(directory, OrderLines.orders(300, 50));

        Ran first = Ran.on(database, "--orders", file);
        Ran second = Ran.on(TestDatabase.create(), "--orders", file);

        assertThat(first.code()).as(first.toString()).isZero();
        assertThat(Integer.parseInt(first.figure("retries"))).isBetween(5, 30);
        assertThat(second.figure("retries")).isEqualTo(first.figure("retries"));
    }

    @Test
    void ordersOfACustomerArePublishedAndShippedInTheOrderOfTheFile() {
        List<String> file = OrderLines.orders(200, 4);

        Ran ran = Ran.on(database, "--orders", OrderLines.file(directory, file));

        assertThat(ran.code()).as(ran.toString()).isZero();
        List<String> inFile = file.stream()
                .filter(line -> line.contains("\"c-3\""))
                .map(line -> line.substring(12, line.indexOf('"', 12)))
                .toList();
        assertThat(database.query("SELECT aggregate_id FROM penstock.outbox_event WHERE key = 'c-3' ORDER BY seq"))
                .isEqualTo(inFile);
        assertThat(database.query(SHIPPED.formatted("c-3"))).isEqualTo(inFile);
    }

    @Test
    void malformedLinesAreReportedByNumberAndTheImportGoesOn() {
        List<String> lines = new ArrayList<>(OrderLines.orders(10, 3));
        lines.set(1, "{\"orderId\":");
        lines.set(4, lines.get(4).replace("19.80", "-1"));
        lines.set(6, "");
        lines.set(9, lines.get(0));

        Ran ran = Ran.on(database, "--orders", OrderLines.file(directory, lines));

        assertThat(ran.code()).as(ran.toString()).isZero();
        assertThat(ran.err().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("orders.ndjson, line 2: it is not JSON"),
                        line -> assertThat(line).startsWith("orders.ndjson, line 5: total has to be"),
                        line -> assertThat(line).isEqualTo("orders.ndjson, line 10: order o-0 was in line 1 already"));
        assertThat(ran.figure("orders")).isEqualTo("6  (0 already imported, 3 malformed lines)");
        assertThat(database.count("orders_app.shipment")).isEqualTo(6);
    }

    @Test
    void aPoisonedOrderBecomesADeadLetterAndOnlyItsCustomerWaits() {
        String file = OrderLines.file(directory, OrderLines.orders(40, 4));

        Ran ran = Ran.on(database, "--orders", file, "--poison", "o-6");

        assertThat(ran.code()).as(ran.toString()).isZero();
        assertThat(ran.err())
                .startsWith("shipping gave up on order o-6 after 6 attempts:")
                .contains("The carrier refused order o-6");
        assertThat(ran.figure("dead letters")).isEqualTo("1  (8 orders parked behind them, 0 redriven)");
        assertThat(ran.figure("shipments")).isEqualTo("31");
        assertThat(ran.figure("invoices")).isEqualTo("40");
        assertThat(database.query(SHIPPED.formatted("c-2"))).containsExactly("o-2");
    }

    @Test
    void aRedriveInTheSameRunDeliversEverythingInOrder() {
        String file = OrderLines.file(directory, OrderLines.orders(40, 4));

        Ran ran = Ran.on(database, "--orders", file, "--poison", "o-6", "--redrive");

        assertThat(ran.code()).as(ran.toString()).isZero();
        assertThat(ran.figure("dead letters")).isEqualTo("0  (0 orders parked behind them, 1 redriven)");
        assertThat(ran.figure("shipments")).isEqualTo("40");
        assertThat(database.query(SHIPPED.formatted("c-2")))
                .startsWith("o-2", "o-6", "o-10")
                .hasSize(10);
    }

    @Test
    void aLaterRunFindsTheOrdersImportedAndRedrivesTheDeadLetter() {
        String file = OrderLines.file(directory, OrderLines.orders(40, 4));
        Ran.on(database, "--orders", file, "--poison", "o-6");

        Ran later = Ran.on(database, "--orders", file, "--redrive");

        assertThat(later.code()).as(later.toString()).isZero();
        assertThat(later.figure("orders")).isEqualTo("0  (40 already imported, 0 malformed lines)");
        assertThat(later.figure("events")).isEqualTo("0");
        assertThat(later.figure("shipments")).isEqualTo("9");
        assertThat(later.figure("dead letters")).isEqualTo("0  (0 orders parked behind them, 1 redriven)");
        assertThat(database.count("orders_app.invoice")).isEqualTo(40);
        assertThat(database.count("penstock.inbox")).isZero();
    }

    @Test
    void anEmptyFileIsAnImportOfNothing() {
        Ran ran = Ran.on(database, "--orders", OrderLines.file(directory, List.of()));

        assertThat(ran.code()).as(ran.toString()).isZero();
        assertThat(ran.figure("orders")).startsWith("0 ");
    }

    @Test
    void thePoisonHasToBeAnOrderOfTheFile() {
        String file = OrderLines.file(directory, OrderLines.orders(10, 2));

        Ran ran = Ran.on(database, "--orders", file, "--poison", "o-10");

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).startsWith("--poison o-10: no such order in orders.ndjson");
        assertThat(database.count("orders_app.orders")).isZero();
    }

    @Test
    void thePoisonComesTooLateForAnOrderThatIsShipped() {
        String file = OrderLines.file(directory, OrderLines.orders(10, 2));
        Ran.on(database, "--orders", file);

        Ran ran = Ran.on(database, "--orders", file, "--poison", "o-3");

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).startsWith("--poison o-3: it is shipped already");
    }

    @Test
    void aServerThatIsNotThereFailsTheRunWithoutTellingThePassword() {
        Ran ran = Ran.with("--postgres", "r2dbc:postgresql://app:s3cret@localhost:1/app");

        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err())
                .startsWith("the import failed: ")
                .contains("localhost")
                .doesNotContain("s3cret");
    }
}
