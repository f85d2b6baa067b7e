package io.penstock.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postgresql.ds.PGSimpleDataSource;

/** The statements of {@link TwinSql} on JDBC: prepared at their first execution, in autocommit unless said otherwise. */
final class JdbcSql {

    private static final Pattern PARAMETER = Pattern.compile("\\$\\d");
    private static final String APPEND = jdbc(TwinSql.APPEND);
    private static final String APPEND_ONE = jdbc(TwinSql.APPEND_ONE);
    private static final String READ = jdbc(TwinSql.READ);
    private static final String REMOVE = jdbc(TwinSql.REMOVE);
    private static final String ORDER = "INSERT INTO business_order (number, customer, cents) VALUES (?, ?, ?)";

    private JdbcSql() {}

    /** A pool of connections that get the plans of the bus, all of them open. */
    static HikariDataSource pool(Bench.Address database, int size) {
        PGSimpleDataSource source = Jdbc.source(database);
        source.setPrepareThreshold(1);
        source.setOptions(R2dbc.SESSION.entrySet().stream()
                .map(setting -> "-c " + setting.getKey() + "=" + setting.getValue())
                .collect(Collectors.joining(" ")));
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(size);
        return new HikariDataSource(config);
    }

    static void append(Connection connection, List<TwinSql.Row> rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(APPEND)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "uuid", rows.stream().map(TwinSql.Row::id).toArray()));
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "int8", rows.stream().map(TwinSql.Row::keyHash).toArray()));
            statement.setArray(
                    3,
                    connection.createArrayOf(
                            "text", rows.stream().map(TwinSql.Row::key).toArray()));
            statement.setArray(
                    4,
                    connection.createArrayOf(
                            "text", rows.stream().map(TwinSql.Row::payload).toArray()));
            statement.executeUpdate();
        }
    }

    static void append(Connection connection, TwinSql.Row row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(APPEND_ONE)) {
            statement.setObject(1, row.id());
            statement.setLong(2, row.keyHash());
            statement.setString(3, row.key());
            statement.setString(4, row.payload());
            statement.executeUpdate();
        }
    }

    /** Reads the next events above a position and hands each to the handler. */
    static TwinSql.Batch read(Connection connection, long above, int limit, Consumer<TwinSql.Delivered> handler)
            throws SQLException {
        List<Long> seqs = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(READ)) {
            statement.setInt(1, 1);
            for (int range = 2; range <= 4; range += 2) {
                statement.setLong(range, above);
                statement.setLong(range + 1, above + limit);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    seqs.add(rows.getLong(1));
                    handler.accept(new TwinSql.Delivered(
                            rows.getObject(2, UUID.class),
                            rows.getString(3),
                            rows.getString(4),
                            Payload.fromJson(rows.getString(5))));
                }
            }
        }
        return new TwinSql.Batch(seqs, limit);
    }

    static void remove(Connection connection, List<Long> seqs) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(REMOVE)) {
            statement.setInt(1, 1);
            statement.setArray(2, connection.createArrayOf("int8", seqs.toArray()));
            statement.executeUpdate();
        }
    }

    static void order(Connection connection, Payload order) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ORDER)) {
            statement.setInt(1, order.number());
            statement.setString(2, order.customer());
            statement.setLong(3, order.cents());
            statement.executeUpdate();
        }
    }

    private static String jdbc(String sql) {
        return PARAMETER.matcher(sql).replaceAll("?");
    }
}
