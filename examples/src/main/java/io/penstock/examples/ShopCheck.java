package io.penstock.examples;

import java.io.PrintStream;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Asks the databases of both services whether the promises were kept. */
final class ShopCheck {

    /** What is on its way: owed by one of the services, or on the topic only. */
    private static final String UNDER_WAY = """
            SELECT (SELECT count(*) FROM penstock_orders.inbox) + (SELECT count(*) FROM penstock_shipping.inbox)
                 + abs((SELECT count(*) FROM penstock_orders.outbox_event)
                     - (SELECT count(*) FROM penstock_shipping.outbox_event)) AS under_way
            """;

    private static final List<Claim> CLAIMS = List.of(
            new Claim("each order has exactly one event in the database of service A", """
                    SELECT orders.order_id AS broken_by
                      FROM orders_app.orders
                      LEFT JOIN penstock_orders.outbox_event event ON event.aggregate_id = orders.order_id
                     GROUP BY orders.order_id
                    HAVING count(event.id) <> 1
                    """),
            new Claim("each event is in the database of service B, once and as it was", """
                    SELECT coalesce(sent.aggregate_id, arrived.aggregate_id) AS broken_by
                      FROM penstock_orders.outbox_event sent
                      FULL JOIN penstock_shipping.outbox_event arrived USING (id)
                     WHERE (sent.type, sent.key, sent.aggregate_id, sent.source, sent.occurred_at, sent.payload::text)
                           IS DISTINCT FROM (arrived.type, arrived.key, arrived.aggregate_id, arrived.source,
                                             arrived.occurred_at, arrived.payload::text)
                    """),
            new Claim("each order has exactly one shipment", """
                    SELECT coalesce(orders.order_id, shipment.order_id) AS broken_by
                      FROM orders_app.orders
                      FULL JOIN shop_shipping.shipment USING (order_id)
                     GROUP BY orders.order_id, shipment.order_id
                    HAVING count(shipment.shipment_no) <> 1 OR orders.order_id IS NULL
                    """),
            new Claim("the orders of each customer were shipped in the order in which service A published them", """
                    SELECT order_id AS broken_by
                      FROM (SELECT shipment.order_id, shipment_no,
                                   lag(shipment_no) OVER (PARTITION BY event.key ORDER BY event.seq) AS previous_no
                              FROM shop_shipping.shipment
                              JOIN penstock_orders.outbox_event event ON event.aggregate_id = shipment.order_id) AS shipped
                     WHERE previous_no > shipment_no
                    """),
            new Claim("nothing is left to deliver in either service", """
                    SELECT seq::text AS broken_by FROM penstock_orders.inbox
                     UNION ALL
                    SELECT seq::text FROM penstock_shipping.inbox
                    """));

    private final OrdersDatabase database;
    private final PrintStream out;

    ShopCheck(OrdersDatabase database, PrintStream out) {
        this.database = database;
        this.out = out;
    }

    Mono<Long> underWay() {
        return database.query(
                        UNDER_WAY, statement -> {}, row -> Objects.requireNonNull(row.get("under_way", Long.class)))
                .single();
    }

    /** Prints each claim with OK or FAILED; emits whether all hold. */
    Mono<Boolean> run() {
        return Flux.fromIterable(CLAIMS)
                .concatMap(claim -> claim.verdict(database))
                .doOnNext(out::println)
                .reduce(true, (all, verdict) -> all && verdict.holds());
    }
}
