package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Batch;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionMetadata;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.TransactionDefinition;
import io.r2dbc.spi.ValidationDepth;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The connection of a transaction that the bus began, as application code sees it: the bus alone ends the transaction,
 * and once it has, nothing more can be created or run here. A handler that works on after its timeout would otherwise
 * write outside the transaction, on a connection that serves somebody else by then. Remembers whom to wake after the
 * commit.
 *
 * <p>Design note: a handler may be about to run a statement at the very moment its transaction ends. The driver sends in
 * the order of the subscriptions, so the end and each subscription exclude each other: whatever is sent is sent before
 * the COMMIT or ROLLBACK.
 */
final class BusConnection implements Connection, Wrapped<Connection> {

    private final Connection connection;
    private final List<Hint> hints = new CopyOnWriteArrayList<>();
    private final List<Function<TransactionEnding, Mono<Void>>> followers = new CopyOnWriteArrayList<>();
    private final Mono<Void> begin;
    private volatile TransactionEnding ending = TransactionEnding.ROLLED_BACK;
    private volatile boolean ended;

    /** @param begin of the transaction, which happens once */
    BusConnection(Connection connection, Mono<Void> begin) {
        this.connection = connection;
        this.begin = begin;
    }

    /** Completes when the transaction has begun. */
    Mono<Void> begin() {
        return begin;
    }

    /** To be passed on once the transaction is committed. */
    void addHints(List<Hint> more) {
        hints.addAll(more);
    }

    List<Hint> hints() {
        return hints;
    }

    /** To be done once the transaction has ended, one after the other, unless disposed of by then. */
    Disposable follow(Function<TransactionEnding, Mono<Void>> follower) {
        followers.add(follower);
        return () -> followers.remove(follower);
    }

    /** Rolled back, until a commit says otherwise. */
    void endsAs(TransactionEnding how) {
        ending = how;
    }

    boolean isFollowed() {
        return !followers.isEmpty();
    }

    Flux<Void> followUp() {
        return Flux.fromIterable(followers).concatMapDelayError(follower -> follower.apply(ending));
    }

    synchronized void end() {
        ended = true;
    }

    /** What it makes is subscribed to before the end of the transaction or not at all. */
    <T> Publisher<T> whileOpen(Supplier<? extends Publisher<? extends T>> source) {
        Flux<T> guarded = Flux.defer(() -> {
            open();
            return Flux.<T>from(source.get());
        });
        return subscriber -> {
            synchronized (this) {
                guarded.subscribe(subscriber);
            }
        };
    }

    @Override
    public Connection unwrap() {
        return connection;
    }

    @Override
    public Statement createStatement(String sql) {
        return new BusStatement(open().createStatement(sql), this::whileOpen);
    }

    @Override
    public Batch createBatch() {
        return new BusBatch(this, open().createBatch());
    }

    @Override
    public Publisher<Void> createSavepoint(String name) {
        return whileOpen(() -> connection.createSavepoint(name));
    }

    @Override
    public Publisher<Void> releaseSavepoint(String name) {
        return whileOpen(() -> connection.releaseSavepoint(name));
    }

    @Override
    public Publisher<Void> rollbackTransactionToSavepoint(String name) {
        return whileOpen(() -> connection.rollbackTransactionToSavepoint(name));
    }

    @Override
    public Publisher<Void> setLockWaitTimeout(Duration timeout) {
        return whileOpen(() -> connection.setLockWaitTimeout(timeout));
    }

    @Override
    public Publisher<Void> setStatementTimeout(Duration timeout) {
        return whileOpen(() -> connection.setStatementTimeout(timeout));
    }

    @Override
    public Publisher<Boolean> validate(ValidationDepth depth) {
        return whileOpen(() -> connection.validate(depth));
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

    private record BusBatch(BusConnection connection, Batch batch) implements Batch {

        @Override
        public Batch add(String sql) {
            batch.add(sql);
            return this;
        }

        @Override
        public Publisher<? extends Result> execute() {
            return connection.whileOpen(batch::execute);
        }
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
