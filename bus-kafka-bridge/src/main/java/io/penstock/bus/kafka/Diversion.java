package io.penstock.bus.kafka;

import java.util.List;
import reactor.core.publisher.Mono;

/** Puts records aside for good, so that the partition may move on. */
interface Diversion {

    /** Prepares what it needs, before the first record is read. */
    Mono<Void> start();

    /** Completes when all of them are safe; puts them aside again when called again. */
    Mono<Void> divert(List<Diverted> records);

    Mono<Void> close();
}
