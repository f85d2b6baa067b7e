package io.penstock.bus.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/** Times the runs of handlers by consumer and by how they ended; one that is too late, or stopped, is cancelled. */
final class MicrometerHandlerTimes implements HandlerTimes {

    private final MeterRegistry registry;
    private final Map<Run, Timer> timers = new ConcurrentHashMap<>();

    MicrometerHandlerTimes(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public Mono<Void> of(String consumer, Mono<Void> handling) {
        return Mono.defer(() -> {
            long begun = System.nanoTime();
            return handling.doFinally(end -> record(new Run(consumer, outcome(end)), System.nanoTime() - begun));
        });
    }

    private void record(Run run, long nanos) {
        timers.computeIfAbsent(run, this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(Run run) {
        return Timer.builder("penstock.handler")
                .description("Runs of handlers")
                .tag("consumer", run.consumer())
                .tag("outcome", run.outcome())
                .register(registry);
    }

    private static String outcome(SignalType end) {
        return switch (end) {
            case ON_COMPLETE -> "success";
            case ON_ERROR -> "failure";
            default -> "cancelled";
        };
    }

    private record Run(String consumer, String outcome) {}
}
