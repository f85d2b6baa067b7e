package io.penstock.bus.kafka;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** Counts the answers to records sent together; told of them by the producer's network thread and the sending one. */
final class Acknowledgements {

    private final Map<Integer, Throwable> errors = new ConcurrentHashMap<>();
    private final AtomicInteger outstanding;
    private final MonoSink<Map<Integer, Throwable>> sink;
    private volatile @Nullable Throwable lost;

    Acknowledgements(int records, MonoSink<Map<Integer, Throwable>> sink) {
        this.outstanding = new AtomicInteger(records);
        this.sink = sink;
    }

    /** An error that will meet the next record too; {@code null} while there is none. */
    @Nullable
    Throwable lost() {
        return lost;
    }

    void ended(int position, @Nullable Throwable error) {
        if (error != null) {
            errors.put(position, error);
            if (!KafkaErrors.isRefusal(error)) {
                lost = error;
            }
        }
        if (outstanding.decrementAndGet() == 0) {
            sink.success(errors);
        }
    }
}
