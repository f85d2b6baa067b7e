package io.penstock.benchmarks;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Makes a database for each cell, empty or a copy of one that was filled once. Blocks; used by one thread. */
final class Databases implements AutoCloseable {

    private static final String CELL = "penstock_bench_cell";
    private static final String TEMPLATE = "penstock_bench_";

    private final Bench.Address admin;
    private final Map<String, Bench.Address> templates = new HashMap<>();

    Databases(Bench.Address admin) {
        this.admin = admin;
    }

    Bench.Address fresh(Variant variant, int events, Map<String, String> options) throws Exception {
        Template template = variant.template();
        String origin = template == null
                ? ""
                : " TEMPLATE " + filled(template, events, options).name() + " STRATEGY FILE_COPY";
        drop(CELL);
        Jdbc.run(admin, "CREATE DATABASE " + CELL + origin);
        return admin.named(CELL);
    }

    /** All that was stored is vacuumed, analyzed and on disk: what follows pays for its own work only. */
    void settle(Bench.Address database) throws SQLException {
        Jdbc.run(database, "VACUUM (ANALYZE)");
        Jdbc.run(admin, "CHECKPOINT");
    }

    /** Templates of other numbers of events are not needed any more. */
    void forget() throws SQLException {
        for (Bench.Address template : templates.values()) {
            drop(template.name());
        }
        templates.clear();
    }

    @Override
    public void close() throws SQLException {
        forget();
        drop(CELL);
    }

    private Bench.Address filled(Template template, int events, Map<String, String> options) throws Exception {
        String name = (TEMPLATE + template.name() + "_" + events).toLowerCase(Locale.ROOT);
        Bench.Address known = templates.get(name);
        if (known != null) {
            return known;
        }
        drop(name);
        Jdbc.run(admin, "CREATE DATABASE " + name);
        Bench.Address database = admin.named(name);
        template.seeding().fill(new Bench(database, events, options));
        settle(database);
        close(name);
        templates.put(name, database);
        return database;
    }

    /** A database can be copied while nobody is connected to it: no straggler, and no autovacuum. */
    private void close(String name) throws SQLException {
        Jdbc.run(
                admin,
                "ALTER DATABASE " + name + " ALLOW_CONNECTIONS false",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
    }

    private void drop(String name) throws SQLException {
        Jdbc.run(admin, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    }
}
