package io.penstock.benchmarks;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Reads as many rows ahead as the bus, and for each event or batch: begin, delete what is owed, insert the orders,
 * commit, as many at once as the bus. The bus does more: it asks what was still owed, bounds the transaction's idle
 * time, rolls back and retries.
 */
final class TwinTransactional implements Attempt {

    private final Bench bench;
    private final Shape shape;
    private final boolean together;
    private final Tally tally;
    private final ConnectionPool pool;

    /** @param together whether a transaction begins with its removal in one message, as the bus's does (ADR 14) */
    TwinTransactional(Bench bench, Shape shape, boolean together) {
        this.bench = bench;
        this.shape = shape;
        this.together = together;
        this.tally = new Tally(bench.events());
        this.pool = R2dbc.twinPool(bench.database(), shape.concurrency() + 1);
    }

    @Override
    public void prepare() {
        R2dbc.fill(pool, connection -> R2dbc.changed(connection, TwinSql.PREPARE_REMOVE, statement -> {}));
    }

    @Override
    public void run() {
        Blocking.await(Mono.usingWhen(
                pool.create(),
                reader -> pages(reader)
                        .flatMapIterable(page -> page.units(Math.max(1, shape.batchSize())), 1)
                        .flatMap(this::transaction, shape.concurrency(), 1)
                        .then(),
                Connection::close));
    }

    private Flux<Page> pages(Connection reader) {
        return page(reader, 0)
                .expand(page ->
                        page.batch().isFull() ? page(reader, page.batch().last()) : Mono.<Page>empty());
    }

    private Mono<Page> page(Connection reader, long above) {
        return Mono.defer(() -> {
            List<Payload> orders = new ArrayList<>();
            return TwinSql.read(reader, 1, above, shape.window(), delivered -> orders.add(delivered.payload()))
                    .map(batch -> new Page(batch, orders));
        });
    }

    private Mono<Void> transaction(Page unit) {
        return Mono.usingWhen(
                pool.create(),
                connection -> beginAndRemove(connection, unit.batch())
                        .then(insert(connection, unit.orders()))
                        .then(Mono.from(connection.commitTransaction()))
                        .doOnSuccess(committed -> unit.orders().forEach(order -> tally.handled(order.number()))),
                Connection::close);
    }

    private Mono<Long> beginAndRemove(Connection connection, TwinSql.Batch batch) {
        return together
                ? TwinSql.beginAndRemove(connection, 1, batch)
                : Mono.from(connection.beginTransaction()).then(TwinSql.remove(connection, 1, batch));
    }

    private static Mono<Void> insert(Connection connection, List<Payload> orders) {
        return orders.size() == 1 ? Orders.insert(connection, orders.get(0)) : Orders.insert(connection, orders);
    }

    @Override
    public void verify() throws Exception {
        tally.requireEachOnce();
        Orders.require(bench.database(), bench.events());
        Owed.requireNone(bench.database());
    }

    @Override
    public Map<String, Object> config() {
        return Map.of(
                "connections", shape.concurrency() + 1, "batchSize", shape.batchSize(), "beginsWithRemoval", together);
    }

    @Override
    public void close() {
        Blocking.await(pool.disposeLater());
    }

    /** Rows read at once, and a part of them that is handled at once. */
    private record Page(TwinSql.Batch batch, List<Payload> orders) {

        List<Page> units(int size) {
            List<Page> units = new ArrayList<>();
            for (int from = 0; from < orders.size(); from += size) {
                int to = Math.min(orders.size(), from + size);
                TwinSql.Batch part = new TwinSql.Batch(batch.seqs().subList(from, to), size);
                units.add(new Page(part, orders.subList(from, to)));
            }
            return units;
        }
    }
}
