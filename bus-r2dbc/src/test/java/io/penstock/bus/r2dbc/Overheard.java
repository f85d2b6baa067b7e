package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static io.penstock.bus.r2dbc.BusFixture.awaitThat;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** What is notified on a channel, heard by a connection of the test's own. */
final class Overheard implements AutoCloseable {

    private final List<String> payloads = new CopyOnWriteArrayList<>();
    private final PostgresqlConnection connection =
            Objects.requireNonNull(TestServer.connections().create().block(PATIENCE));
    private final Disposable hearing;
    private final String channel;

    Overheard(String channel) {
        this.channel = channel;
        this.hearing =
                connection.getNotifications().subscribe(notification -> payloads.add(notification.getParameter()));
        run("LISTEN " + channel);
    }

    /** What was notified until now. */
    List<String> payloads() {
        String end = UUID.randomUUID().toString();
        run("NOTIFY %s, '%s'".formatted(channel, end));
        awaitThat(() -> payloads.contains(end));
        payloads.remove(end);
        return List.copyOf(payloads);
    }

    List<Signal> signals() {
        return payloads().stream().map(Signal::read).toList();
    }

    private void run(String sql) {
        Database.changed(connection, sql, statement -> {}).block(PATIENCE);
    }

    @Override
    public void close() {
        hearing.dispose();
        Mono.from(connection.close()).block(PATIENCE);
    }
}
