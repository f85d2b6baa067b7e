package io.penstock.bus.kafka;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.Configurable;

/** Makes as many polls fail as it is told to by the number in its setting. Public because the client creates it. */
public final class StumblingAssignor extends RangeAssignor implements Configurable {

    static final String FAILURES = "test.failures";

    private AtomicInteger failures = new AtomicInteger();

    @Override
    public void configure(Map<String, ?> settings) {
        failures = (AtomicInteger) settings.get(FAILURES);
    }

    @Override
    public void onAssignment(Assignment assignment, ConsumerGroupMetadata metadata) {
        if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("stumbled");
        }
    }
}
