-- The tables of service B. Sent as one simple query, which PostgreSQL runs as one transaction.
SELECT pg_advisory_xact_lock(hashtext('shop_shipping'));

CREATE SCHEMA IF NOT EXISTS shop_shipping;

-- Nothing here keeps a second shipment of an order away: the transactional consumer does, and the check would find one.
CREATE TABLE IF NOT EXISTS shop_shipping.shipment (
    shipment_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    text NOT NULL,
    customer    text NOT NULL
);
