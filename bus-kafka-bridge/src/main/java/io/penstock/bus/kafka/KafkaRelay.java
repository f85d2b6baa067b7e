package io.penstock.bus.kafka;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.ConsumerStats;
import io.penstock.bus.EventBus;
import io.penstock.bus.RawJson;
import io.penstock.bus.RunningConsumer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Sends events to Kafka: an ordered consumer of the bus whose handler is a producer. An event is done when all replicas
 * in sync have its record, so each is on its topic at least once, in the order of its key. Thread-safe.
 */
public final class KafkaRelay {

    private static final Duration LAST_ANSWERS = Duration.ofSeconds(2);

    private final EventBus bus;
    private final RelayOptions options;
    private final GuardedListener listener;
    private final TopicWriter writer;
    private final RelayHandler handler;
    private final Mono<RunningConsumer> starting;
    private final Mono<Void> closing;
    private final AtomicBoolean started = new AtomicBoolean();
    private final Disposable.Swap lag = Disposables.swap();
    private volatile boolean closed;

    private KafkaRelay(EventBus bus, RelayOptions options, KafkaBridgeListener... more) {
        this.bus = bus;
        this.options = options;
        this.writer =
                TopicWriter.open(options.name(), ProducerSettings.of(options.producer(), options.deliveryTimeout()));
        this.listener = GuardedListener.of("penstock-" + options.name(), options.listener(), more);
        this.handler = new RelayHandler(options, listener, writer);
        this.starting = Mono.defer(this::doStart).cache();
        this.closing = Mono.defer(this::doClose).cache();
    }

    /**
     * A relay that has yet to be started. Throws {@link org.apache.kafka.common.KafkaException} when the settings of the
     * producer are wrong; no broker has to be there.
     *
     * @param more listeners besides that of the options, for metrics say
     */
    public static KafkaRelay create(EventBus bus, RelayOptions options, KafkaBridgeListener... more) {
        return new KafkaRelay(bus, options, more);
    }

    /**
     * Registers the consumer, if its name is new, and starts sending what it is owed.
     *
     * <p>Completes, empty, once it is registered, whether or not a broker is there. Cancelling does not stop it. Errors
     * as {@link EventBus#subscribe} does. Subscribing twice starts it once.
     */
    public Mono<Void> start() {
        return starting.then();
    }

    /** Emits where the relay stands by the database: how much it owes, since when, dead letters. */
    public Mono<ConsumerStats> stats() {
        return bus.stats().map(stats -> stats.of(options.name()));
    }

    /**
     * Stops sending and completes when what was given to Kafka has been answered, or after two seconds; the rest stays
     * owed. Cancelling does not keep it open. Never errors. Close it before the bus; it cannot be started again.
     */
    public Mono<Void> close() {
        return closing;
    }

    private Mono<RunningConsumer> doStart() {
        started.set(true);
        if (closed) {
            return Mono.error(new IllegalStateException("The relay " + options.name() + " is closed"));
        }
        return bus.subscribe(consumer()).doOnNext(running -> watchLag());
    }

    private ConsumerSpec<RawJson> consumer() {
        return ConsumerSpec.named(options.name())
                .on(options.patterns().toArray(String[]::new))
                .ordered()
                .concurrency(options.concurrency())
                .batchSize(options.batchSize())
                .prefetch(2 * options.batchSize())
                .timeout(options.batchTimeout())
                .retry(options.retry())
                .onDead(options.onDead())
                .partitions(options.partitions())
                .handleBatch(handler::relay);
    }

    private void watchLag() {
        lag.update(Flux.interval(options.lagInterval())
                .onBackpressureDrop()
                .concatMap(tick -> stats().onErrorResume(this::notKnown))
                .subscribe(stats -> listener.lag(options.name(), stats.backlog(), stats.oldestAge())));
    }

    private Mono<ConsumerStats> notKnown(Throwable error) {
        listener.failed(options.name(), "lag", error);
        return Mono.empty();
    }

    private Mono<Void> doClose() {
        closed = true;
        handler.stop();
        lag.dispose();
        Mono<Void> unsubscribed = (started.get() ? starting.onErrorComplete() : Mono.<RunningConsumer>empty())
                .flatMap(RunningConsumer::unsubscribe)
                .onErrorResume(this::reportClose)
                .cache();
        return Mono.firstWithSignal(unsubscribed, Mono.delay(LAST_ANSWERS).then())
                .then(Mono.defer(writer::abort))
                .then(unsubscribed)
                .then(Mono.defer(writer::close))
                .onErrorResume(this::reportClose)
                .then(Mono.defer(listener::close));
    }

    private Mono<Void> reportClose(Throwable error) {
        listener.failed(options.name(), "close", error);
        return Mono.empty();
    }
}
