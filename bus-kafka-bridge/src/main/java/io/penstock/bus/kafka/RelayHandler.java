package io.penstock.bus.kafka;

import io.penstock.bus.BatchFailedException;
import io.penstock.bus.Event;
import io.penstock.bus.PostponeException;
import io.penstock.bus.RawJson;
import io.penstock.bus.kafka.RelayBatch.Outgoing;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The relay's side of one batch: prepare, hold while Kafka is away, send wave after wave, judge each answer, say which
 * events are not on their topics.
 */
final class RelayHandler {

    private final RelayOptions options;
    private final KafkaBridgeListener listener;
    private final RecordFactory records;
    private final TopicWriter writer;
    private final Outages outages;
    private final Sinks.Empty<Void> stopping = Sinks.empty();
    private volatile boolean stopped;

    RelayHandler(RelayOptions options, KafkaBridgeListener listener, TopicWriter writer) {
        this.options = options;
        this.listener = listener;
        this.records = new RecordFactory(options.routing(), options.format());
        this.writer = writer;
        this.outages = new Outages(options.firstPause(), options.longestPause(), System::nanoTime);
    }

    /** Completes when every event is acknowledged; else errors with {@link BatchFailedException}. */
    Mono<Void> relay(List<Event<RawJson>> events) {
        return Mono.fromCallable(() -> prepare(events))
                .delayUntil(this::hold)
                .delayUntil(this::send)
                .flatMap(batch -> verdict(batch));
    }

    /** Sends nothing more and waits for no topic that is away. */
    void stop() {
        stopped = true;
        stopping.tryEmitEmpty();
    }

    private RelayBatch prepare(List<Event<RawJson>> events) {
        RelayBatch batch = new RelayBatch();
        events.forEach(event -> prepare(event, batch));
        return batch;
    }

    private void prepare(Event<RawJson> event, RelayBatch batch) {
        try {
            ProducerRecord<byte[], byte[]> record = records.record(event);
            if (isToBePassedOver(event, record.topic())) {
                listener.passedOver(options.name(), event);
            } else {
                batch.add(event, record);
            }
        } catch (Throwable e) {
            batch.addFailed(event, new RecordRefusedException("No record could be made of event " + event, e));
        }
    }

    private boolean isToBePassedOver(Event<RawJson> event, String topic) {
        return Parking.isParked(event) || (!options.backToOrigin() && topic.equals(event.header(BridgeHeaders.TOPIC)));
    }

    /** A batch that waits here costs no writing, while one that fails is written to the inbox and read again. */
    private Mono<Void> hold(RelayBatch batch) {
        Duration pause = outages.remaining(batch.topics());
        return pause.isZero()
                ? Mono.empty()
                : Mono.delay(pause).takeUntilOther(stopping.asMono()).then();
    }

    private Mono<Void> send(RelayBatch batch) {
        long until = System.nanoTime() + options.deliveryTimeout().toNanos();
        if (!goesOn(batch, until)) {
            return Mono.empty();
        }
        return Mono.defer(() -> sendWave(batch))
                .repeat(() -> goesOn(batch, until))
                .then();
    }

    private boolean goesOn(RelayBatch batch, long until) {
        return batch.hasMore() && !stopped && System.nanoTime() - until < 0;
    }

    private Mono<Void> sendWave(RelayBatch batch) {
        List<Outgoing> wave = batch.wave();
        long startedAt = System.nanoTime();
        return writer.send(wave.stream().map(Outgoing::record).toList())
                .doOnNext(errors -> judge(batch, wave, errors, System.nanoTime() - startedAt))
                .then();
    }

    private void judge(RelayBatch batch, List<Outgoing> wave, Map<Integer, Throwable> errors, long nanos) {
        Map<String, Throwable> lost = new HashMap<>();
        for (int i = 0; i < wave.size(); i++) {
            Throwable error = errors.get(i);
            if (error == null) {
                sent(batch, wave.get(i));
            } else if (KafkaErrors.isRefusal(error)) {
                refused(batch, wave.get(i), error);
            } else {
                postponed(batch, wave.get(i), error, lost);
            }
        }
        if (errors.size() < wave.size()) {
            listener.relayed(options.name(), wave.size() - errors.size(), Duration.ofNanos(nanos));
        }
    }

    private void sent(RelayBatch batch, Outgoing outgoing) {
        batch.sent(outgoing);
        String topic = outgoing.record().topic();
        if (outages.recovered(topic)) {
            listener.recovered(options.name(), topic);
        }
    }

    private void refused(RelayBatch batch, Outgoing outgoing, Throwable error) {
        String topic = outgoing.record().topic();
        batch.failed(
                outgoing,
                new RecordRefusedException(
                        "Kafka refused event " + outgoing.event() + " for topic '" + topic + "': " + error.getMessage(),
                        error));
        listener.refused(options.name(), outgoing.event(), topic, error);
    }

    private void postponed(RelayBatch batch, Outgoing outgoing, Throwable error, Map<String, Throwable> lost) {
        String topic = outgoing.record().topic();
        Duration pause = outages.failed(topic);
        batch.failed(
                outgoing,
                new PostponeException("topic '" + topic + "' takes nothing: " + error.getMessage(), pause, error));
        if (lost.putIfAbsent(topic, error) == null) {
            listener.outage(options.name(), topic, error, pause);
        }
    }

    private static Mono<Void> verdict(RelayBatch batch) {
        batch.leave("it was not sent in the time of its batch");
        return batch.failures().isEmpty() ? Mono.empty() : Mono.error(new BatchFailedException(batch.failures()));
    }
}
