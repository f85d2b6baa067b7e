-- The application's own tables. Sent as one simple query, which PostgreSQL runs as one transaction; two programs that
-- start at the same time take turns.
SELECT pg_advisory_xact_lock(hashtext('orders_app'));

CREATE SCHEMA IF NOT EXISTS orders_app;

CREATE TABLE IF NOT EXISTS orders_app.orders (
    order_id  text        PRIMARY KEY,
    customer  text        NOT NULL,
    total     numeric     NOT NULL,
    placed_at timestamptz NOT NULL
);

-- Nothing here keeps a second invoice of an order away: the transactional consumer does, and the check would find one.
CREATE TABLE IF NOT EXISTS orders_app.invoice (
    invoice_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   text    NOT NULL REFERENCES orders_app.orders,
    amount     numeric NOT NULL
);

-- A plain consumer may run twice for one order, so the key makes its insert idempotent. Numbers grow with time.
CREATE TABLE IF NOT EXISTS orders_app.shipment (
    order_id    text   PRIMARY KEY REFERENCES orders_app.orders,
    shipment_no bigint GENERATED ALWAYS AS IDENTITY,
    tracking    text   NOT NULL
);

CREATE TABLE IF NOT EXISTS orders_app.audit (
    event_id    uuid        PRIMARY KEY,
    type        text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    payload     json        NOT NULL
);
