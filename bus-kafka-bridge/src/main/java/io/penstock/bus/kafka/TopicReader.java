package io.penstock.bus.kafka;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A member of a consumer group, one call at a time on a thread of its own, as the client wants it. It polls ahead: while
 * the records of one poll are being stored, the next may be polled.
 *
 * <p>Partitions that are taken away while their records are being stored are let go at once: their offsets are then not
 * committed, the next owner reads those records again, and their ids make that harmless. Waiting for the database here
 * would stop the whole group.
 */
final class TopicReader implements ConsumerRebalanceListener {

    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration LAST_COMMIT = Duration.ofSeconds(5);

    private final IngressOptions options;
    private final KafkaBridgeListener listener;
    private final Scheduler thread;
    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, OffsetAndMetadata> stored = new HashMap<>();
    private final Queue<Polled> unstored = new ArrayDeque<>();
    private boolean paused;
    private long polledAt = System.nanoTime();

    private TopicReader(IngressOptions options, KafkaBridgeListener listener, Scheduler thread) {
        this.options = options;
        this.listener = listener;
        this.thread = thread;
        this.consumer =
                new KafkaConsumer<>(ConsumerSettings.of(options.consumer(), options.name(), options.batchSize()));
    }

    static Mono<TopicReader> open(IngressOptions options, KafkaBridgeListener listener, Scheduler thread) {
        return Mono.fromCallable(() -> new TopicReader(options, listener, thread).subscribed())
                .subscribeOn(thread);
    }

    /** Emits what there is next; empty if there is nothing for a while. */
    Mono<Polled> poll() {
        return onThread(this::doPoll);
    }

    /** Shows the group that this member lives, and fetches nothing, if no poll has done so for a while. */
    Mono<Void> stayMember() {
        return onThread(this::pollPaused).then();
    }

    /** Notes that the records of the poll are stored, and commits their offsets without waiting for the answer. */
    Mono<Void> stored(Polled polled) {
        return onThread(() -> commit(polled)).then();
    }

    /** Commits what is stored and leaves the group. */
    Mono<Void> close() {
        return onThread(this::doClose).then();
    }

    private TopicReader subscribed() {
        try {
            consumer.subscribe(options.topics(), this);
            return this;
        } catch (RuntimeException refused) {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
            throw refused;
        }
    }

    /** The end of a transaction moves offsets on without a record; they are stored, and committed, like any other. */
    private @Nullable Polled doPoll() {
        if (paused) {
            paused = false;
            consumer.resume(consumer.paused());
        }
        ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
        polledAt = System.nanoTime();
        if (records.nextOffsets().isEmpty()) {
            return null;
        }
        Polled polled = new Polled(records, new HashMap<>(records.nextOffsets()));
        unstored.add(polled);
        return polled;
    }

    private boolean pollPaused() {
        if (System.nanoTime() - polledAt < options.keepAlive().toNanos()) {
            return false;
        }
        if (!paused) {
            paused = true;
            listener.paused(options.name());
        }
        consumer.pause(consumer.assignment());
        ConsumerRecords<byte[], byte[]> early = consumer.poll(Duration.ZERO);
        early.partitions()
                .forEach(partition ->
                        consumer.seek(partition, early.records(partition).get(0).offset()));
        return true;
    }

    private boolean commit(Polled polled) {
        unstored.remove(polled);
        stored.putAll(polled.offsets());
        if (!polled.offsets().isEmpty()) {
            consumer.commitAsync(polled.offsets(), (offsets, error) -> committed(error));
        }
        return true;
    }

    /** A commit that failed is made good by the next one; until then more records would come again. */
    private void committed(@Nullable Exception error) {
        if (error != null) {
            listener.failed(options.name(), "commit offsets", error);
        }
    }

    private boolean doClose() {
        commitStored(stored);
        consumer.close(CloseOptions.timeout(LAST_COMMIT));
        return true;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        if (paused) {
            consumer.pause(partitions);
        }
        if (!partitions.isEmpty()) {
            listener.assigned(options.name(), names(partitions));
        }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> last = new HashMap<>(stored);
        last.keySet().retainAll(partitions);
        commitStored(last);
        onPartitionsLost(partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        unstored.forEach(polled -> polled.offsets().keySet().removeAll(partitions));
        stored.keySet().removeAll(partitions);
        if (!partitions.isEmpty()) {
            listener.revoked(options.name(), names(partitions));
        }
    }

    private void commitStored(Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            if (!offsets.isEmpty()) {
                consumer.commitSync(offsets, LAST_COMMIT);
            }
        } catch (KafkaException e) {
            listener.failed(options.name(), "commit offsets", e);
        }
    }

    private static List<String> names(Collection<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::toString).sorted().toList();
    }

    private <T> Mono<T> onThread(Callable<@Nullable T> call) {
        return Mono.fromCallable(call).subscribeOn(thread);
    }
}
