package io.penstock.bus.kafka;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Sends records with an idempotent producer, which is replaced when it can go on no more.
 *
 * <p>Design note: giving a record to the producer may block, for the metadata of a topic it does not know and for room
 * in its buffer. So topics are asked for beforehand, on threads for nothing else, all of them within half a delivery
 * timeout: many that are not there hold up neither each other nor their batch. Records are given from one thread of the
 * writer's own, on which also everything that follows an acknowledgement runs: never on the network thread.
 *
 * <p>The producer's delivery timeout is not enough: while it waits for a producer id, as after a batch that timed out,
 * nothing times out. Whoever has not answered in twice that time is replaced.
 */
final class TopicWriter {

    private static final Logger LOG = LoggerFactory.getLogger(TopicWriter.class);
    private static final int ASKERS = 8;

    private final Map<String, Object> settings;
    private final Duration patience;
    private final Duration asking;
    private final Scheduler thread;
    private final Scheduler askers;
    private final AtomicReference<Producer<byte[], byte[]>> producer;
    private final Set<String> knownTopics = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private TopicWriter(String name, Map<String, Object> settings) {
        this.settings = settings;
        this.patience = ProducerSettings.patience(settings);
        this.producer = new AtomicReference<>(new KafkaProducer<>(settings));
        this.asking = patience.dividedBy(4);
        this.thread = Schedulers.newBoundedElastic(1, Integer.MAX_VALUE, "penstock-" + name, 60, true);
        this.askers = Schedulers.newBoundedElastic(ASKERS, Integer.MAX_VALUE, "penstock-" + name + "-ask", 60, true);
    }

    /** Throws what the client finds wrong with the settings. Does not wait for a broker. */
    static TopicWriter open(String name, Map<String, Object> settings) {
        return new TopicWriter(name, settings);
    }

    /**
     * Sends the records all at once; emits, when Kafka has acknowledged or refused each, the errors by the position of
     * their record. After one that would meet them all the records behind it are not even tried and get the same error.
     */
    Mono<Map<Integer, Throwable>> send(List<ProducerRecord<byte[], byte[]>> records) {
        return Mono.defer(() -> missing(records)).publishOn(thread).flatMap(missing -> acknowledged(records, missing));
    }

    /** Gives up what is not acknowledged yet; whoever sent it is told so. */
    Mono<Void> abort() {
        return Mono.<Void>fromRunnable(this::doAbort).subscribeOn(Schedulers.boundedElastic());
    }

    /** As {@link #abort()}, for when nobody waits for an answer any more. */
    Mono<Void> close() {
        // Both wait for short locks.
        return abort().then(Mono.<Void>fromRunnable(this::endThreads).subscribeOn(Schedulers.boundedElastic()));
    }

    private void endThreads() {
        askers.dispose();
        thread.dispose();
    }

    private void doAbort() {
        closed = true;
        producer.get().close(Duration.ZERO);
    }

    private Mono<Map<String, Throwable>> missing(List<ProducerRecord<byte[], byte[]>> records) {
        Set<String> topics = new HashSet<>();
        records.forEach(record -> topics.add(record.topic()));
        topics.removeAll(knownTopics);
        Duration each = asking.dividedBy(1 + topics.size() / ASKERS);
        return topics.isEmpty()
                ? Mono.just(Map.of())
                : Flux.fromIterable(topics)
                        .flatMap(topic -> askFor(topic, each), ASKERS)
                        .collectMap(Missing::topic, Missing::error);
    }

    private Mono<Missing> askFor(String topic, Duration time) {
        return Mono.fromCallable(() -> ask(topic))
                .subscribeOn(askers)
                .timeout(time, Mono.fromSupplier(() -> new Missing(topic, KafkaErrors.notKnownWithin(time))));
    }

    private @Nullable Missing ask(String topic) {
        try {
            producer.get().partitionsFor(topic);
            knownTopics.add(topic);
            return null;
        } catch (RuntimeException e) {
            return new Missing(topic, e);
        }
    }

    private Mono<Map<Integer, Throwable>> acknowledged(
            List<ProducerRecord<byte[], byte[]>> records, Map<String, Throwable> missing) {
        Producer<byte[], byte[]> current = producer.get();
        Acknowledgements answers = new Acknowledgements(records.size());
        return Mono.fromRunnable(() -> give(current, records, missing, answers))
                .then(answers.complete())
                .timeout(patience, Mono.fromRunnable(() -> answers.abandon(KafkaErrors.noAnswerWithin(patience))))
                .then(Mono.fromSupplier(answers::errors))
                .publishOn(thread)
                .doOnNext(errors -> errors.forEach((at, error) -> failed(current, records.get(at), error)));
    }

    private static void give(
            Producer<byte[], byte[]> producer,
            List<ProducerRecord<byte[], byte[]>> records,
            Map<String, Throwable> missing,
            Acknowledgements answers) {
        for (int i = 0; i < records.size(); i++) {
            ProducerRecord<byte[], byte[]> record = records.get(i);
            Throwable lost = missing.getOrDefault(record.topic(), answers.lost());
            if (lost == null) {
                give(producer, record, i, answers);
            } else {
                answers.notTried(i, lost);
            }
        }
    }

    private static void give(
            Producer<byte[], byte[]> producer,
            ProducerRecord<byte[], byte[]> record,
            int position,
            Acknowledgements answers) {
        try {
            var unused = producer.send(record, (metadata, error) -> answers.ended(position, error));
        } catch (RuntimeException e) {
            answers.ended(position, e);
        }
    }

    private void failed(Producer<byte[], byte[]> used, ProducerRecord<byte[], byte[]> record, Throwable error) {
        if (!KafkaErrors.isRefusal(error)) {
            knownTopics.remove(record.topic());
        }
        if (KafkaErrors.endsProducer(error) && !closed && producer.get() == used) {
            replace(used);
        }
    }

    /** When no new one can be made, because no broker's name is known just now, say, the next failure tries again. */
    private void replace(Producer<byte[], byte[]> used) {
        try {
            producer.set(new KafkaProducer<>(settings));
            used.close(Duration.ZERO);
        } catch (KafkaException e) {
            LOG.debug("A producer could not be replaced", e);
        }
    }

    private record Missing(String topic, Throwable error) {}
}
