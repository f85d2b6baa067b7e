package io.penstock.crash;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Statement;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Connections that pass {@link Failpoint#REMOVED} between the database's answer to a DELETE of inbox rows and the node's
 * look at it.
 */
final class RemovalWatch implements ConnectionFactory {

    private final ConnectionFactory factory;
    private final Failpoints failpoints;

    RemovalWatch(ConnectionFactory factory, Failpoints failpoints) {
        this.factory = factory;
        this.failpoints = failpoints;
    }

    @Override
    public Publisher<? extends Connection> create() {
        return Mono.from(factory.create()).map(this::watched);
    }

    @Override
    public ConnectionFactoryMetadata getMetadata() {
        return factory.getMetadata();
    }

    private Connection watched(Connection connection) {
        return proxy(Connection.class, (self, method, arguments) -> {
            Object result = call(connection, method, arguments);
            boolean removes = "createStatement".equals(method.getName()) && removes((String) arguments[0]);
            return removes ? watched((Statement) result) : result;
        });
    }

    private Statement watched(Statement statement) {
        return proxy(Statement.class, (self, method, arguments) -> {
            Object result = call(statement, method, arguments);
            if (result instanceof Statement) {
                return self;
            }
            return result instanceof Publisher<?> results ? passing(results) : result;
        });
    }

    private Flux<?> passing(Publisher<?> results) {
        return Flux.from(results).doOnComplete(() -> failpoints.pass(Failpoint.REMOVED));
    }

    private static boolean removes(String sql) {
        return sql.startsWith("DELETE FROM") && sql.contains("inbox");
    }

    private static Object call(Object target, java.lang.reflect.Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
