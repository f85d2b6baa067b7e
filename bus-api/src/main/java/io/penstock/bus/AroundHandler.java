package io.penstock.bus;

import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What is done around each run of a consumer's handler, of whichever kind that is. Thread-safe. */
@FunctionalInterface
public interface AroundHandler {

    /**
     * Carries out one run; how what it returns ends is how the handler ended.
     *
     * @param events those of this run, at least one
     * @param transaction what the handler is given, if it is transactional
     * @param handler calls the handler when it is subscribed to
     */
    Mono<Void> run(List<? extends Event<?>> events, @Nullable Object transaction, Mono<Void> handler);
}
