package io.penstock.bus.kafka;

import io.penstock.bus.EventBus;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/**
 * Publishes the records of Kafka topics as events of the bus. Offsets are committed after the events are, and a record's
 * event id is always the same, so a record that comes again changes nothing as long as its event is in the outbox (see
 * the bus's retention). Thread-safe.
 */
public final class KafkaIngress {

    private static final Duration LAST_RECORDS = Duration.ofSeconds(5);
    private static final Duration LEAVING = Duration.ofSeconds(15);

    private final IngressOptions options;
    private final KafkaBridgeListener listener;
    private final Diversion diversion;
    private final RecordStore store;
    private final Scheduler thread;
    private final Sinks.Empty<Void> abandoned = Sinks.empty();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final AtomicBoolean running = new AtomicBoolean();
    private final Mono<Void> starting;
    private final Mono<Void> closing;
    private final Disposable.Swap loop = Disposables.swap();
    private volatile boolean stopped;

    private KafkaIngress(EventBus bus, IngressOptions options) {
        RecordReader reader = new RecordReader(options);
        this.options = options;
        this.listener = new GuardedListener(options.listener());
        this.diversion = diversion(bus, options, reader);
        this.store = new RecordStore(options.name(), bus, reader, diversion, listener);
        this.thread = Schedulers.newBoundedElastic(1, Integer.MAX_VALUE, "penstock-" + options.name(), 60, true);
        this.starting = Mono.defer(this::doStart).cache();
        this.closing = Mono.defer(this::doClose).cache();
    }

    /**
     * An ingress that has yet to be started. Throws {@link KafkaException} when the settings of the dead-letter topic's
     * producer are wrong; no broker has to be there.
     */
    public static KafkaIngress create(EventBus bus, IngressOptions options) {
        return new KafkaIngress(bus, options);
    }

    /**
     * Joins the group and publishes what it reads, until it is closed.
     *
     * <p>On subscribe the consumer of parked records is registered, unless they go to a topic. Completes, empty, when
     * reading begins, whether or not a broker is there; failures from then on go to the listener and are tried again.
     * Cancelling does not stop it. Errors as {@link EventBus#subscribe} does. Subscribing twice starts it once. Events
     * are published with {@link EventBus#publishAll}, in transactions of the bus.
     */
    public Mono<Void> start() {
        return starting;
    }

    /**
     * Reads no more, stores and commits what was read, for up to five seconds, leaves the group and completes. Cancelling
     * does not keep it open. Never errors. Close it before the bus.
     */
    public Mono<Void> close() {
        return closing;
    }

    private static Diversion diversion(EventBus bus, IngressOptions options, RecordReader reader) {
        return options.unreadable() instanceof UnreadableRecords.ToTopic to
                ? new DeadLetterTopic(options.name(), to.topic(), ConsumerSettings.ofProducer(options.consumer()))
                : new Parking(bus, options.name(), reader);
    }

    private Mono<Void> doStart() {
        return diversion.start().then(Mono.fromRunnable(this::run));
    }

    private void run() {
        running.set(true);
        loop.update(Mono.defer(this::session)
                .retryWhen(backoff("read topics").filter(error -> !stopped))
                .onErrorComplete()
                .doFinally(end -> ended.tryEmitEmpty())
                .subscribe());
    }

    /** From joining the group to leaving it; an error of Kafka ends it, and the next one begins at the stored offsets. */
    private Mono<Void> session() {
        return Mono.usingWhen(TopicReader.open(options, listener, thread), this::rounds, TopicReader::close);
    }

    private Mono<Void> rounds(TopicReader reader) {
        return Mono.defer(() -> round(reader)).repeat(() -> !stopped).then();
    }

    private Mono<Void> round(TopicReader reader) {
        return reader.poll()
                .filter(records -> !records.isEmpty())
                .flatMap(records -> store(reader, records))
                .flatMap(stored -> reader.stored());
    }

    /** Emits when the records are stored, however long that takes; empty when the ingress was closed meanwhile. */
    private Mono<Boolean> store(TopicReader reader, ConsumerRecords<byte[], byte[]> records) {
        Sinks.Empty<Void> done = Sinks.empty();
        Mono<Boolean> storing = Mono.defer(() -> store.store(records))
                .retryWhen(backoff("store records"))
                .takeUntilOther(abandoned.asMono())
                .doFinally(end -> done.tryEmitEmpty());
        return Flux.merge(storing, stayMember(reader, done.asMono())).singleOrEmpty();
    }

    /** A call under way ends by itself and is not cancelled: the client takes an interrupt ill. */
    private Mono<Boolean> stayMember(TopicReader reader, Mono<Void> done) {
        return Flux.interval(options.keepAlive())
                .onBackpressureDrop()
                .takeUntilOther(done)
                .concatMap(tick -> reader.stayMember())
                .then(Mono.empty());
    }

    private RetryBackoffSpec backoff(String step) {
        return Retry.backoff(Long.MAX_VALUE, options.firstPause())
                .maxBackoff(options.longestPause())
                .transientErrors(true)
                .doBeforeRetry(signal -> listener.failed(options.name(), step, signal.failure()));
    }

    private Mono<Void> doClose() {
        stopped = true;
        return (running.get() ? finished() : Mono.<Void>empty())
                .then(diversion.close())
                .onErrorResume(this::reportClose)
                .then(Mono.<Void>fromRunnable(thread::dispose).subscribeOn(Schedulers.boundedElastic()));
    }

    private Mono<Void> finished() {
        Mono<Void> inTime = ended.asMono().timeout(LAST_RECORDS, Mono.fromRunnable(abandoned::tryEmitEmpty));
        return inTime.then(ended.asMono().timeout(LEAVING, Mono.fromRunnable(loop::dispose)));
    }

    private Mono<Void> reportClose(Throwable error) {
        listener.failed(options.name(), "close", error);
        return Mono.empty();
    }
}
