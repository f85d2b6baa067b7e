package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Batch;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionMetadata;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.TransactionDefinition;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.reactivestreams.Publisher;

/**
 * The connection of a transaction that the bus began, as application code sees it: the bus alone ends the transaction,
 * and once it has, nothing more can be created here. A handler that works on after its timeout would otherwise write
 * outside the transaction, on a connection that serves somebody else by then. Remembers whom to wake after the commit.
 */
final class BusConnection implements Connection, Wrapped<Connection> {

    private final Connection connection;
    private final List<Hint> hints = new CopyOnWriteArrayList<>();
    private volatile boolean ended;

    BusConnection(Connection connection) {
        this.connection = connection;
    }

    /** To be passed on once the transaction is committed. */
    void addHints(List<Hint> more) {
        hints.addAll(more);
    }

    List<Hint> hints() {
        return hints;
    }

    void end() {
        ended = true;
    }

    @Override
    public Connection unwrap() {
        return connection;
    }

    @Override
    public Statement createStatement(String sql) {
        return new BusStatement(open().createStatement(sql), this::open);
    }

    @Override
    public Batch createBatch() {
        return BusStatement.batch(open().createBatch(), this::open);
    }

    @Override
    public Publisher<Void> createSavepoint(String name) {
        return open().createSavepoint(name);
    }

    @Override
    public Publisher<Void> releaseSavepoint(String name) {
        return open().releaseSavepoint(name);
    }

    @Override
    public Publisher<Void> rollbackTransactionToSavepoint(String name) {
        return open().rollbackTransactionToSavepoint(name);
    }

    @Override
    public Publisher<Void> setLockWaitTimeout(Duration timeout) {
        return open().setLockWaitTimeout(timeout);
    }

    @Override
    public Publisher<Void> setStatementTimeout(Duration timeout) {
        return open().setStatementTimeout(timeout);
    }

    @Override
    public Publisher<Boolean> validate(ValidationDepth depth) {
        return open().validate(depth);
    }

    @Override
    public ConnectionMetadata getMetadata() {
        return connection.getMetadata();
    }

    @Override
    public IsolationLevel getTransactionIsolationLevel() {
        return connection.getTransactionIsolationLevel();
    }

    @Override
    public boolean isAutoCommit() {
        return false;
    }

    @Override
    public Publisher<Void> beginTransaction() {
        throw notYours("begin another transaction in");
    }

    @Override
    public Publisher<Void> beginTransaction(TransactionDefinition definition) {
        throw notYours("begin another transaction in");
    }

    @Override
    public Publisher<Void> commitTransaction() {
        throw notYours("commit");
    }

    @Override
    public Publisher<Void> rollbackTransaction() {
        throw notYours("roll back");
    }

    @Override
    public Publisher<Void> close() {
        throw notYours("close the connection of");
    }

    @Override
    public Publisher<Void> setAutoCommit(boolean autoCommit) {
        throw notYours("change the mode of");
    }

    @Override
    public Publisher<Void> setTransactionIsolationLevel(IsolationLevel isolationLevel) {
        throw notYours("change the isolation of");
    }

    private Connection open() {
        if (ended) {
            throw new IllegalStateException("The transaction of this connection has ended; nothing more can run in it");
        }
        return connection;
    }

    private static UnsupportedOperationException notYours(String what) {
        return new UnsupportedOperationException(
                "The bus owns this transaction: code in it cannot " + what + " it; an error rolls it back");
    }
}
