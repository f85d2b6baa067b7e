package io.penstock.bus.r2dbc;

import io.r2dbc.spi.Batch;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** A statement of a transaction the bus began: what was created in time must not run after the end either. */
record BusStatement(Statement statement, Runnable requireOpen) implements Statement {

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

    @Override
    public Publisher<? extends Result> execute() {
        return whileOpen(statement::execute, requireOpen);
    }

    static Batch batch(Batch batch, Runnable requireOpen) {
        return new Batch() {
            @Override
            public Batch add(String sql) {
                batch.add(sql);
                return this;
            }

            @Override
            public Publisher<? extends Result> execute() {
                return whileOpen(batch::execute, requireOpen);
            }
        };
    }

    private static Publisher<? extends Result> whileOpen(
            Supplier<Publisher<? extends Result>> execution, Runnable requireOpen) {
        return Flux.<Result>defer(() -> {
            requireOpen.run();
            return Flux.from(execution.get());
        });
    }
}
