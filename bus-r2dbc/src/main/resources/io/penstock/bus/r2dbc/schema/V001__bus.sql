-- Penstock, version 1 of its schema. ${schema} stands for the quoted name of the schema, which has to exist.
-- Flyway and Liquibase replace the same placeholder; the library's own migrator does it as well.

-- Every event, as it was published. Insert-only: what happens to an event is written to the inbox, so that this table,
-- the large one, never has dead tuples but those of retention and of the few batches that repeat an id.
CREATE TABLE ${schema}.outbox_event (
    seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             uuid        NOT NULL,
    key_hash       bigint      NOT NULL,
    occurred_at    timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    deliver_at     timestamptz,
    expires_at     timestamptz,
    version        integer     NOT NULL,
    type           text        NOT NULL,
    source         text        NOT NULL,
    aggregate_type text,
    aggregate_id   text,
    key            text,
    -- json, not jsonb: cheaper to write, and the text stays as it was published.
    payload        json        NOT NULL,
    -- null stands for no headers.
    headers        jsonb
);

CREATE UNIQUE INDEX outbox_event_id ON ${schema}.outbox_event (id);
CREATE INDEX outbox_event_aggregate ON ${schema}.outbox_event (aggregate_type, aggregate_id, seq)
    WHERE aggregate_id IS NOT NULL;

-- A durable subscription under a name the application chose.
CREATE TABLE ${schema}.consumer (
    id            smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text        NOT NULL UNIQUE,
    -- as the application wrote them: order.placed, order.*, *
    patterns      text[]      NOT NULL,
    -- the same for LIKE, so that the publishing statement can match them
    likes         text[]      NOT NULL,
    partitions    integer     NOT NULL CHECK (partitions BETWEEN 1 AND 1024),
    ordered       boolean     NOT NULL,
    paused        boolean     NOT NULL DEFAULT false,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What each consumer still owes: one row for each (consumer, event) not done yet, written in the statement that stores
-- the event. Success deletes the row.
CREATE TABLE ${schema}.inbox (
    seq         bigint   NOT NULL,
    key_hash    bigint   NOT NULL,
    attempts    integer  NOT NULL DEFAULT 0,
    consumer_id smallint NOT NULL,
    partition   smallint NOT NULL,
    -- 0 ready, 1 scheduled, 2 parked behind its key, 3 dead
    state       smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    -- later rows of the same key wait for this one; never set on a ready row
    holds_key   boolean  NOT NULL DEFAULT false CHECK (state <> 0 OR NOT holds_key),
    -- how often a handler was begun on it since an owner died: first among others, then alone. Whatever is recorded of
    -- an ending sets it back, so more than 0 in a row nobody handles means that a node died with it.
    begun       smallint NOT NULL DEFAULT 0,
    due_at      timestamptz CHECK (state <> 1 OR due_at IS NOT NULL),
    failed_at   timestamptz,
    last_error  text,
    -- The state is part of the key so that reading ready rows never passes the parked and the dead, and a ready row
    -- still costs one index entry. A pair (consumer, seq) is inserted once only, by the publishing statement.
    PRIMARY KEY (consumer_id, state, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);

CREATE INDEX inbox_due ON ${schema}.inbox (consumer_id, due_at, seq) WHERE state = 1;
CREATE INDEX inbox_key ON ${schema}.inbox (consumer_id, key_hash, seq) WHERE holds_key;

-- A running bus. A node that was not seen for a lease is taken for dead.
CREATE TABLE ${schema}.node (
    id         uuid        PRIMARY KEY,
    name       text        NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- the consumers it runs handlers for
    consumers  smallint[]  NOT NULL
);

-- Which node may deliver a slice of a consumer's inbox, and until when.
CREATE TABLE ${schema}.partition_lease (
    consumer_id smallint NOT NULL REFERENCES ${schema}.consumer ON DELETE CASCADE,
    partition   smallint NOT NULL,
    -- null: given back cleanly by its last owner
    node_id     uuid,
    expires_at  timestamptz,
    -- the previous owner never gave it back: it may have died of one of the rows
    suspect     boolean  NOT NULL DEFAULT false,
    PRIMARY KEY (consumer_id, partition)
);
