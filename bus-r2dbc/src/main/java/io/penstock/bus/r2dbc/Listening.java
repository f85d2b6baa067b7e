package io.penstock.bus.r2dbc;

import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Hears what other nodes tell, on a connection of its own. A connection may be gone without a word, so the node also
 * notifies itself on it: when that is no longer heard, the connection is replaced. Whenever the node begins to hear, it
 * looks for what it may have missed.
 */
final class Listening {

    private static final Logger LOG = LoggerFactory.getLogger(Listening.class);
    private static final Duration LONGEST_PING = Duration.ofSeconds(5);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final Node node;
    private final String channel;
    private final String ownChannel;
    private final Duration ping;
    private final Duration silence;
    private final AtomicBoolean started = new AtomicBoolean();
    private final Disposable.Swap running = Disposables.swap();

    Listening(Node node) {
        this.node = node;
        this.channel = node.upkeep().schema().channel();
        // 58 of the 63 bytes a name may have.
        this.ownChannel = channel + "_" + node.id().toString().replace("-", "");
        Duration third = node.options().lease().dividedBy(3);
        this.ping = third.compareTo(LONGEST_PING) < 0 ? third : LONGEST_PING;
        this.silence = ping.multipliedBy(2);
    }

    /** Listens from now on, if it does not yet and is asked to at all. */
    void start() {
        if (node.options().notifications() && started.compareAndSet(false, true)) {
            running.update(Flux.defer(this::session).retryWhen(forever()).subscribe());
        }
    }

    /** Gives the connection back. */
    void stop() {
        running.dispose();
    }

    private Retry forever() {
        return Retry.backoff(Long.MAX_VALUE, SHORTEST_PAUSE)
                .maxBackoff(LONGEST_PAUSE)
                // Something heard makes the next pause the shortest again.
                .transientErrors(true)
                .doBeforeRetry(retry -> node.listener().notListening(retry.failure()));
    }

    private Flux<?> session() {
        return Flux.usingWhen(
                node.upkeep().open(),
                this::hear,
                Connections::discard,
                (connection, error) -> Connections.discard(connection),
                Connections::discard);
    }

    /** Every operator here hands on the demand, which is without limit: the driver drops what nobody has asked for. */
    private Flux<?> hear(Connection connection) {
        return Connections.notifications(connection)
                .timeout(silence, Flux.error(this::silent))
                .concatWith(Flux.error(Listening::ended))
                .index()
                .doOnNext(heard -> heard(heard.getT1() == 0, heard.getT2()))
                .takeUntilOther(listenAndPing(connection));
    }

    private Mono<Void> listenAndPing(Connection connection) {
        return run(connection, "LISTEN " + channel)
                .then(run(connection, "LISTEN " + ownChannel))
                .thenMany(Flux.interval(Duration.ZERO, ping).onBackpressureDrop())
                .concatMap(tick -> run(connection, "NOTIFY " + ownChannel), 0)
                .then();
    }

    private Mono<Void> run(Connection connection, String sql) {
        return Database.changed(connection, sql, statement -> {})
                .timeout(silence)
                .then();
    }

    private void heard(boolean first, Notification notification) {
        if (first) {
            node.wakeUp().lookHere();
            node.listener().listening();
        }
        if (notification.getName().equals(channel)) {
            follow(notification);
        }
    }

    private void follow(Notification notification) {
        String payload = notification.getParameter();
        Signal signal = payload == null ? null : Signal.read(payload);
        if (signal == null) {
            LOG.debug("Nothing to read in a notification of the server's process {}", notification.getProcessId());
        } else if (!signal.sender().equals(node.id())) {
            node.wakeUp().here(signal.hints());
        }
    }

    private Throwable silent() {
        return new TimeoutException("Nothing heard for " + silence + ", not even what was sent to oneself");
    }

    private static Throwable ended() {
        return new IllegalStateException("The connection that listened for notifications was closed");
    }
}
