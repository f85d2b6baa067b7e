package io.penstock.bus.spring;

import brave.handler.MutableSpan;
import brave.handler.SpanHandler;
import brave.propagation.TraceContext;
import io.penstock.bus.Event;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Collects the spans of an application. */
final class Spans extends SpanHandler {

    private final List<MutableSpan> finished = new CopyOnWriteArrayList<>();

    @Override
    public boolean end(TraceContext context, MutableSpan span, Cause cause) {
        return finished.add(new MutableSpan(span));
    }

    /** The span of this name about this event, once it has ended. */
    MutableSpan of(String name, Event<?> event) {
        return first(span -> name.equals(span.name()) && event.id().toString().equals(span.tag("penstock.event")));
    }

    MutableSpan named(String name) {
        return first(span -> name.equals(span.name()));
    }

    private MutableSpan first(Predicate<MutableSpan> wanted) {
        App.awaitThat(() -> finished.stream().anyMatch(wanted));
        return finished.stream().filter(wanted).findFirst().orElseThrow();
    }
}
