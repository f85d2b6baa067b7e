package io.penstock.bus;

import java.time.Instant;
import java.util.List;

/**
 * Where every registered consumer stands, from one snapshot of the database. Immutable.
 *
 * @param at when, by the database's clock
 */
public record BusStats(Instant at, List<ConsumerStats> consumers) {

    public BusStats {
        consumers = List.copyOf(consumers);
    }

    /** The figures of one consumer; throws {@link InvalidConsumerException} when none of that name is registered. */
    public ConsumerStats of(String consumer) {
        return consumers.stream()
                .filter(stats -> stats.consumer().equals(consumer))
                .findFirst()
                .orElseThrow(() -> new InvalidConsumerException("No consumer '" + consumer + "' is registered"));
    }
}
