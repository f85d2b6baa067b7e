package io.penstock.bus.kafka;

import io.penstock.bus.EventBus;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
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

    /** One reads the next records while another hands the bus those before. */
    private static final int THREADS = 3;

    private final IngressOptions options;
    private final GuardedListener listener;
    private final RecordReader records;
    private final Diversion diversion;
    private final RecordStore store;
    private final Scheduler polling;
    private final Scheduler threads;
    private final Sinks.Empty<Void> abandoned = Sinks.empty();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean running = new AtomicBoolean();
    private final Mono<Void> starting;
    private final Mono<Void> closing;
    private final Disposable.Swap loop = Disposables.swap();
    private volatile boolean stopped;

    private KafkaIngress(EventBus bus, IngressOptions options, KafkaBridgeListener... more) {
        this.options = options;
        this.records = new RecordReader(options);
        this.diversion = diversion(bus, options, records);
        String name = "penstock-" + options.name();
        this.listener = GuardedListener.of(name, options.listener(), more);
        this.polling = Schedulers.newBoundedElastic(1, Integer.MAX_VALUE, name + "-poll", 60, true);
        this.threads = Schedulers.newBoundedElastic(THREADS, Integer.MAX_VALUE, name + "-read", 60, true);
        this.store = new RecordStore(options.name(), bus, diversion, listener, threads);
        this.starting = Mono.defer(this::doStart).cache();
        this.closing = Mono.defer(this::doClose).cache();
    }

    /**
     * An ingress that has yet to be started. Throws {@link KafkaException} when the settings of the dead-letter topic's
     * producer are wrong; no broker has to be there.
     *
     * @param more listeners besides that of the options, for metrics say
     */
    public static KafkaIngress create(EventBus bus, IngressOptions options, KafkaBridgeListener... more) {
        return new KafkaIngress(bus, options, more);
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
     * does not keep it open. Never errors. Close it before the bus; it cannot be started again.
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
        started.set(true);
        if (stopped) {
            return Mono.error(new IllegalStateException("The ingress " + options.name() + " is closed"));
        }
        return diversion.start().then(Mono.fromRunnable(this::run));
    }

    private void run() {
        if (stopped) {
            return;
        }
        running.set(true);
        loop.update(Flux.defer(this::session)
                .retryWhen(backoff("read topics").filter(error -> !stopped))
                .onErrorComplete()
                .doFinally(end -> ended.tryEmitEmpty())
                .subscribe());
    }

    /** From joining the group to leaving it; an error of Kafka ends it, and the next one begins at the stored offsets. */
    private Flux<PolledEvents> session() {
        return Flux.usingWhen(TopicReader.open(options, listener, polling), this::rounds, TopicReader::close);
    }

    /** Emits what is read, which is never more than two polls that are not stored. */
    private Flux<PolledEvents> rounds(TopicReader reader) {
        Sinks.Empty<Void> done = Sinks.empty();
        Flux<PolledEvents> rounds =
                next(reader).expand(events -> round(reader, events)).doFinally(end -> done.tryEmitEmpty());
        return Flux.mergeDelayError(1, rounds, stayMember(reader, done.asMono()));
    }

    /** While the records of one poll are being stored, those of the next are polled and read. */
    private Mono<PolledEvents> round(TopicReader reader, PolledEvents events) {
        return Mono.zipDelayError(
                        store(reader, events).thenReturn(events), next(reader).singleOptional())
                .flatMap(both -> Mono.justOrEmpty(both.getT2()));
    }

    /** Emits when there is something; empty once the ingress is closed. */
    private Mono<PolledEvents> next(TopicReader reader) {
        return Mono.defer(() -> stopped ? Mono.<Polled>empty() : reader.poll())
                .repeat(() -> !stopped)
                .next()
                .publishOn(threads)
                .map(polled -> PolledEvents.read(polled, records));
    }

    /** Completes when the events are stored, however long that takes, or the ingress was closed meanwhile. */
    private Mono<Void> store(TopicReader reader, PolledEvents events) {
        return Mono.defer(() -> store.store(events))
                .retryWhen(backoff("store records"))
                .takeUntilOther(abandoned.asMono())
                .flatMap(stored -> reader.stored(events.polled()));
    }

    /**
     * A call under way ends by itself and is not cancelled: the client takes an interrupt ill. One that fails ends
     * nothing: without the next, the group would put this member out.
     */
    private Flux<PolledEvents> stayMember(TopicReader reader, Mono<Void> done) {
        return Flux.interval(options.keepAlive())
                .onBackpressureDrop()
                .takeUntilOther(done)
                .concatMap(tick -> reader.stayMember()
                        .onErrorResume(error -> report("stay member", error))
                        .then(Mono.<PolledEvents>empty()));
    }

    private RetryBackoffSpec backoff(String step) {
        return Retry.backoff(Long.MAX_VALUE, options.firstPause())
                .maxBackoff(options.longestPause())
                .transientErrors(true)
                .doBeforeRetry(signal -> listener.failed(options.name(), step, signal.failure()));
    }

    private Mono<Void> doClose() {
        stopped = true;
        return (started.get() ? settled() : Mono.<Void>empty())
                .then(Mono.defer(() -> running.get() ? finished() : Mono.empty()))
                .then(Mono.defer(diversion::close))
                .onErrorResume(error -> report("close", error))
                .then(Mono.defer(listener::close))
                .then(Mono.<Void>fromRunnable(this::endThreads).subscribeOn(Schedulers.boundedElastic()));
    }

    /** A start under way is waited for: what it registers is to be ended. */
    private Mono<Void> settled() {
        return starting.onErrorComplete().timeout(LAST_RECORDS, Mono.empty());
    }

    private Mono<Void> finished() {
        Mono<Void> inTime = ended.asMono().timeout(LAST_RECORDS, Mono.fromRunnable(abandoned::tryEmitEmpty));
        return inTime.then(ended.asMono().timeout(LEAVING, Mono.fromRunnable(loop::dispose)));
    }

    private void endThreads() {
        polling.dispose();
        threads.dispose();
    }

    private Mono<Void> report(String step, Throwable error) {
        listener.failed(options.name(), step, error);
        return Mono.empty();
    }
}
