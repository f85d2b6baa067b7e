package io.penstock.benchmarks.peers;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.penstock.benchmarks.Bench;
import io.penstock.benchmarks.Payload;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The pool that an application and its peer share, and the application's own table. Thread-safe. */
final class PeerDatabase implements AutoCloseable {

    private static final String CREATE_BUSINESS_TABLE = """
            CREATE TABLE business_order (number int PRIMARY KEY, customer text NOT NULL, cents bigint NOT NULL)
            """;
    private static final String INSERT_BUSINESS_ROW =
            "INSERT INTO business_order (number, customer, cents) VALUES (?, ?, ?)";

    private static final String COUNT_BUSINESS_ROWS = "SELECT count(*) FROM business_order";

    private final HikariDataSource source;
    private final JdbcTransactionManager transactionManager;
    private final TransactionTemplate transactions;
    private final JdbcTemplate jdbc;

    private PeerDatabase(HikariDataSource source) {
        this.source = source;
        this.transactionManager = new JdbcTransactionManager(source);
        this.transactions = new TransactionTemplate(transactionManager);
        this.jdbc = new JdbcTemplate(source);
    }

    /** A pool that is full from the start; JDBC batches become one statement, as pgjdbc advises for bulk inserts. */
    static PeerDatabase open(Bench.Address address, int connections) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(address.jdbcUrl() + "?reWriteBatchedInserts=true");
        config.setUsername(address.user());
        config.setPassword(address.password());
        config.setMaximumPoolSize(connections);
        config.setConnectionTimeout(120_000);
        PeerDatabase database = new PeerDatabase(new HikariDataSource(config));
        database.jdbc.execute(CREATE_BUSINESS_TABLE);
        return database;
    }

    HikariDataSource source() {
        return source;
    }

    JdbcTransactionManager transactionManager() {
        return transactionManager;
    }

    JdbcTemplate jdbc() {
        return jdbc;
    }

    void inTransaction(Runnable work) {
        transactions.executeWithoutResult(status -> work.run());
    }

    void insertBusinessRow(Payload event) {
        jdbc.update(INSERT_BUSINESS_ROW, event.number(), event.customer(), event.cents());
    }

    long businessRows() {
        return number(COUNT_BUSINESS_ROWS);
    }

    long number(String sql) {
        Long number = jdbc.queryForObject(sql, Long.class);
        if (number == null) {
            throw new IllegalStateException("No number: " + sql);
        }
        return number;
    }

    @Override
    public void close() {
        source.close();
    }
}
