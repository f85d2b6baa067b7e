package io.penstock.examples;

import java.io.PrintStream;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Asks the database itself, not the program's counters, whether the promises were kept. */
final class DatabaseCheck {

    /** What the consumers were not able to finish. */
    private static final String OWED = """
            WITH owed AS (
                SELECT consumer.name AS consumer, event.aggregate_id AS order_id, inbox.state = 3 AS dead,
                       inbox.state = 2 AND EXISTS (
                           SELECT FROM penstock.inbox head
                            WHERE head.consumer_id = inbox.consumer_id AND head.key_hash = inbox.key_hash
                              AND head.state = 3 AND head.seq < inbox.seq) AS parked_behind_dead
                  FROM penstock.inbox
                  JOIN penstock.consumer ON consumer.id = inbox.consumer_id
                  JOIN penstock.outbox_event event ON event.seq = inbox.seq
                 WHERE consumer.name IN ('invoicing', 'shipping', 'audit')
            )
            """;

    private static final String COUNT = OWED + """
            SELECT format('%s orders, %s events, %s invoices, %s shipments; dead letters: %s, parked behind them: %s',
                          (SELECT count(*) FROM orders_app.orders),
                          (SELECT count(*) FROM penstock.outbox_event WHERE type = 'order.placed'),
                          (SELECT count(*) FROM orders_app.invoice),
                          (SELECT count(*) FROM orders_app.shipment),
                          (SELECT count(*) FROM owed WHERE dead),
                          (SELECT count(*) FROM owed WHERE parked_behind_dead)) AS counted
            """;

    private static final Claim ONE_EVENT = new Claim("each order has exactly one event", """
            SELECT orders.order_id AS broken_by
              FROM orders_app.orders
              LEFT JOIN penstock.outbox_event event
                ON event.aggregate_type = 'order' AND event.aggregate_id = orders.order_id AND event.type = 'order.placed'
             GROUP BY orders.order_id
            HAVING count(event.id) <> 1
            """);

    private static final Claim ONE_INVOICE = new Claim("each order has exactly one invoice, of its total", """
            SELECT orders.order_id AS broken_by
              FROM orders_app.orders
              LEFT JOIN orders_app.invoice USING (order_id)
             GROUP BY orders.order_id
            HAVING count(invoice.order_id) <> 1 OR min(invoice.amount) <> orders.total
            """);

    private static final Claim ONE_SHIPMENT =
            new Claim("each order has exactly one shipment or one dead letter, or is parked behind one", OWED + """
            SELECT orders.order_id AS broken_by
              FROM orders_app.orders
             WHERE (SELECT count(*) FROM orders_app.shipment WHERE shipment.order_id = orders.order_id)
                 + (SELECT count(*) FROM owed
                     WHERE owed.order_id = orders.order_id AND owed.consumer = 'shipping'
                       AND (dead OR parked_behind_dead)) <> 1
            """);

    private static final Claim IN_ORDER =
            new Claim("the orders of each customer were shipped in the order of their events", """
            SELECT order_id AS broken_by
              FROM (SELECT shipment.order_id, shipment.shipment_no,
                           lag(shipment.shipment_no) OVER (PARTITION BY event.key ORDER BY event.seq) AS previous_no
                      FROM orders_app.shipment
                      JOIN penstock.outbox_event event
                        ON event.aggregate_type = 'order' AND event.aggregate_id = shipment.order_id) AS shipped
             WHERE previous_no > shipment_no
            """);

    private static final Claim AUDITED = new Claim("each event is audited", """
            SELECT event.aggregate_id AS broken_by
              FROM penstock.outbox_event event
             WHERE event.type = 'order.placed'
               AND NOT EXISTS (SELECT FROM orders_app.audit WHERE audit.event_id = event.id)
            """);

    private static final Claim NOTHING_ELSE_OWED =
            new Claim("nothing is left to deliver but dead letters and what is parked behind them", OWED + """
            SELECT consumer || ' of ' || order_id AS broken_by FROM owed WHERE NOT dead AND NOT parked_behind_dead
            """);

    private static final Claim NOTHING_OWED =
            new Claim("nothing is left to deliver, dead letters included", OWED + """
            SELECT consumer || ' of ' || order_id AS broken_by FROM owed
            """);

    private final OrdersDatabase database;
    private final PrintStream out;

    DatabaseCheck(OrdersDatabase database, PrintStream out) {
        this.database = database;
        this.out = out;
    }

    /**
     * Prints each claim with OK or FAILED; emits whether all hold.
     *
     * @param redriven whether dead letters had their second chance, so that none may be left
     */
    Mono<Boolean> run(boolean redriven) {
        Claim owed = redriven ? NOTHING_OWED : NOTHING_ELSE_OWED;
        return database.query(COUNT, statement -> {}, row -> "the database has " + row.get("counted", String.class))
                .doOnNext(out::println)
                .thenMany(Flux.fromIterable(List.of(ONE_EVENT, ONE_INVOICE, ONE_SHIPMENT, IN_ORDER, AUDITED, owed)))
                .concatMap(claim -> claim.verdict(database))
                .doOnNext(out::println)
                .reduce(true, (all, verdict) -> all && verdict.holds());
    }
}
