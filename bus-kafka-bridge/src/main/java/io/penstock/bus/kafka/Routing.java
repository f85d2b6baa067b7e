package io.penstock.bus.kafka;

import io.penstock.bus.Event;
import io.penstock.bus.RawJson;

/**
 * Chooses the topic, key and headers of each event: a pure function, called by several threads. What it throws is a
 * failed attempt of that event.
 *
 * <p>Events of one ordering key keep their order if they get the same topic and key, as they do from those given here.
 */
@FunctionalInterface
public interface Routing {

    Route route(Event<RawJson> event);

    /** The topic named like the aggregate type, or like the event type where there is none; keyed by the ordering key. */
    static Routing byAggregate() {
        return byAggregate("");
    }

    /** As {@link #byAggregate()}, with a prefix before each topic. */
    static Routing byAggregate(String prefix) {
        return event -> {
            String aggregate = event.aggregateType();
            return Route.to(prefix + (aggregate != null ? aggregate : event.type()), event.key());
        };
    }

    /** Everything to one topic, keyed by the ordering key. */
    static Routing toTopic(String topic) {
        return event -> Route.to(topic, event.key());
    }

    /** As Debezium's outbox event router: {@code outbox.event.<aggregate type>}, keyed by the aggregate id. */
    static Routing debezium() {
        return event -> {
            String aggregate = event.aggregateType();
            String id = event.aggregateId();
            return Route.to(
                    Debezium.TOPIC_PREFIX + (aggregate != null ? aggregate : event.type()),
                    id != null ? id : event.key());
        };
    }
}
