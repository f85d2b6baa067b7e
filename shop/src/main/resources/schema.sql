-- Run at every start. Two shops that start at once on one database wait for each other.
SELECT pg_advisory_lock(820412);

CREATE SCHEMA IF NOT EXISTS shop;

CREATE TABLE IF NOT EXISTS shop.product (
    sku   text PRIMARY KEY,
    name  text NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    stock int NOT NULL CHECK (stock >= 0)
);

INSERT INTO shop.product (sku, name, price, stock) VALUES
    ('teapot', 'Teapot', 24.50, 100000),
    ('lamp', 'Desk lamp', 59.00, 100000),
    ('chair', 'Oak chair, last pieces', 180.00, 12),
    ('unicorn', 'Unicorn, sold out', 990.00, 0)
ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS shop.orders (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer  text NOT NULL,
    sku       text NOT NULL REFERENCES shop.product,
    quantity  int NOT NULL CHECK (quantity > 0),
    total     numeric(12, 2) NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS orders_placed_at ON shop.orders (placed_at);

-- A table for each consumer, so that none waits for another's row.
CREATE TABLE IF NOT EXISTS shop.reservation (
    order_id uuid PRIMARY KEY REFERENCES shop.orders,
    granted  boolean NOT NULL
);

CREATE TABLE IF NOT EXISTS shop.invoice (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL UNIQUE REFERENCES shop.orders,
    amount   numeric(12, 2) NOT NULL
);

CREATE TABLE IF NOT EXISTS shop.shipment (
    order_id uuid PRIMARY KEY REFERENCES shop.orders,
    tracking text NOT NULL
);

CREATE OR REPLACE VIEW shop.order_state AS
SELECT o.id, o.customer, o.sku, p.name AS product, o.quantity, o.total,
       CASE WHEN s.tracking IS NOT NULL THEN 'shipped'
            WHEN i.id IS NOT NULL THEN 'invoiced'
            WHEN r.granted THEN 'reserved'
            WHEN r.granted = false THEN 'out-of-stock'
            ELSE 'placed'
       END AS status,
       i.id AS invoice, s.tracking, o.placed_at
  FROM shop.orders o
  JOIN shop.product p USING (sku)
  LEFT JOIN shop.reservation r ON r.order_id = o.id
  LEFT JOIN shop.invoice i ON i.order_id = o.id
  LEFT JOIN shop.shipment s ON s.order_id = o.id;

SELECT pg_advisory_unlock(820412);
