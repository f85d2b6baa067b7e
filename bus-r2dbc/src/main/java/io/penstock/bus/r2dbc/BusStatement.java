package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;

/** A statement of a transaction that the bus began: it runs while that lasts, however long before it was created. */
final class BusStatement implements Statement {

    private final Statement statement;
    private final Guard guard;

    BusStatement(Statement statement, Guard guard) {
        this.statement = statement;
        this.guard = guard;
    }

    @Override
    public Publisher<? extends Result> execute() {
        return guard.whileOpen(statement::execute);
    }

    @Override
    public Statement add() {
        statement.add();
        return this;
    }

    @Override
    public Statement bind(int index, Object value) {
        statement.bind(index, value);
        return this;
    }

    @Override
    public Statement bind(String name, Object value) {
        statement.bind(name, value);
        return this;
    }

    @Override
    public Statement bindNull(int index, Class<?> type) {
        statement.bindNull(index, type);
        return this;
    }

    @Override
    public Statement bindNull(String name, Class<?> type) {
        statement.bindNull(name, type);
        return this;
    }

    @Override
    public Statement returnGeneratedValues(String... columns) {
        statement.returnGeneratedValues(columns);
        return this;
    }

    @Override
    public Statement fetchSize(int rows) {
        statement.fetchSize(rows);
        return this;
    }

    /** Lets run what it is given while the transaction lasts. */
    @FunctionalInterface
    interface Guard {
        Publisher<? extends Result> whileOpen(Supplier<? extends Publisher<? extends Result>> source);
    }
}
