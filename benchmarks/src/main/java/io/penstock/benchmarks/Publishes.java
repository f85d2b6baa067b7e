package io.penstock.benchmarks;

import java.util.List;

/** The workloads that publish, to one consumer that does not run. */
final class Publishes {

    private static final int BULK = 200_000;
    private static final int SINGLE = 100_000;
    private static final int TRANSACTIONS = 20_000;
    private static final int LANES = 2;
    private static final int MANY = 16;

    private static final Template CONSUMER = Seeds.consumers(1);
    private static final Template WITH_ORDERS = Orders.in(CONSUMER);

    private Publishes() {}

    static Workload single() {
        return Workload.rate(
                "publish-single",
                SINGLE,
                List.of(
                        ours("penstock", BusPublish.Way.SINGLY).against("twin, a statement each"),
                        ours("penstock, publishAll", BusPublish.Way.STREAM).against("twin, in bulk"),
                        twin("twin, a statement each", bench -> new TwinPublishSingle(bench, LANES, 10)),
                        twin("twin, a statement each, 16 connections", bench -> new TwinPublishSingle(bench, MANY, 5)),
                        twin("twin, in bulk", bench -> new TwinPublishBulk(bench, true))));
    }

    static Workload bulk() {
        return Workload.rate(
                "publish-bulk",
                BULK,
                List.of(
                        ours("penstock", BusPublish.Way.STREAM).against("twin"),
                        twin("twin", bench -> new TwinPublishBulk(bench, true)),
                        twin("bare twin, few columns", bench -> new TwinPublishBulk(bench, false)),
                        jdbc("JDBC twin", JdbcPublishBulk::new).on(CONSUMER)));
    }

    static Workload transactions() {
        return Workload.rate(
                "publish-tx",
                TRANSACTIONS,
                List.of(
                        tx("penstock", BusPublishTx.Way.IN_TRANSACTION).against("twin"),
                        tx("penstock, own transaction", BusPublishTx.Way.OWN_TRANSACTION)
                                .against("twin"),
                        tx("penstock, no event", BusPublishTx.Way.WITHOUT_EVENT).against("twin, no event"),
                        twin("twin", bench -> new TwinPublishTx(bench, true)).on(WITH_ORDERS),
                        twin("twin, no event", bench -> new TwinPublishTx(bench, false))
                                .on(WITH_ORDERS),
                        jdbc("JDBC twin", bench -> new JdbcPublishTx(bench, true)),
                        jdbc("JDBC twin, no event", bench -> new JdbcPublishTx(bench, false))));
    }

    private static Variant ours(String name, BusPublish.Way way) {
        return Variant.of(name, Role.OURS, Guarantees.STORED, bench -> new BusPublish(bench, way))
                .on(CONSUMER);
    }

    private static Variant tx(String name, BusPublishTx.Way way) {
        return Variant.of(name, Role.OURS, Guarantees.STORED, bench -> new BusPublishTx(bench, way))
                .on(WITH_ORDERS);
    }

    private static Variant twin(String name, Variant.Opener opener) {
        return Variant.of(name, Role.TWIN, Guarantees.STORED_BY_HAND, opener).on(CONSUMER);
    }

    private static Variant jdbc(String name, Variant.Opener opener) {
        return Variant.of(name, Role.JDBC_TWIN, Guarantees.STORED_BY_HAND, opener)
                .on(WITH_ORDERS);
    }
}
