package io.penstock.benchmarks;

import java.util.List;
import java.util.Map;

/** The workloads that publish, to one consumer that does not run. */
final class Publishes {

    private static final int BULK = 200_000;
    private static final int SINGLE = 100_000;
    private static final int TRANSACTIONS = 20_000;
    private static final int ONE_BY_ONE = 5_000;
    private static final int AT_ONCE = 8;
    private static final String TX = "publish-tx";
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
                        Variant.of(
                                        "bare JDBC twin, few columns",
                                        Role.JDBC_TWIN,
                                        Guarantees.STORED_BY_HAND,
                                        JdbcPublishBulk::new)
                                .on(CONSUMER)));
    }

    /** So many at once that the processors are busy: what an event adds is CPU. */
    static Workload transactions() {
        return Workload.rate(TX, TRANSACTIONS, transactions(AT_ONCE));
    }

    /** One at a time: what an event adds is latency. */
    static Workload transactionsOneByOne() {
        return new Workload(TX + "-one", TX, ONE_BY_ONE, Workload.Figure.LATENCY, Map.of(), transactions(1));
    }

    private static List<Variant> transactions(int atOnce) {
        return List.of(
                ours("penstock", Guarantees.STORED, BusPublishTx.Way.IN_TRANSACTION, atOnce)
                        .against("twin"),
                ours("penstock, own transaction", Guarantees.STORED, BusPublishTx.Way.OWN_TRANSACTION, atOnce)
                        .against("twin"),
                ours("penstock, no event", Guarantees.ORDER_ALONE, BusPublishTx.Way.WITHOUT_EVENT, atOnce)
                        .against("twin, no event"),
                transaction(
                        "twin", Role.TWIN, Guarantees.STORED_BY_HAND, bench -> new TwinPublishTx(bench, true, atOnce)),
                transaction(
                        "twin, no event",
                        Role.TWIN,
                        Guarantees.ORDER_ALONE,
                        bench -> new TwinPublishTx(bench, false, atOnce)),
                transaction(
                        "JDBC twin",
                        Role.JDBC_TWIN,
                        Guarantees.STORED_BY_HAND,
                        bench -> new JdbcPublishTx(bench, true, atOnce)),
                transaction(
                        "JDBC twin, no event",
                        Role.JDBC_TWIN,
                        Guarantees.ORDER_ALONE,
                        bench -> new JdbcPublishTx(bench, false, atOnce)));
    }

    private static Variant ours(String name, BusPublish.Way way) {
        return Variant.of(name, Role.OURS, Guarantees.STORED, bench -> new BusPublish(bench, way))
                .on(CONSUMER);
    }

    private static Variant ours(String name, String guarantee, BusPublishTx.Way way, int atOnce) {
        return transaction(name, Role.OURS, guarantee, bench -> new BusPublishTx(bench, way, atOnce));
    }

    private static Variant transaction(String name, Role role, String guarantee, Variant.Opener opener) {
        return Variant.of(name, role, guarantee, opener).on(WITH_ORDERS);
    }

    private static Variant twin(String name, Variant.Opener opener) {
        return Variant.of(name, Role.TWIN, Guarantees.STORED_BY_HAND, opener).on(CONSUMER);
    }
}
