package io.penstock.benchmarks.jmh;

import io.penstock.benchmarks.Payload;
import io.penstock.bus.Event;
import io.penstock.bus.EventCodec;
import io.penstock.bus.JacksonEventCodec;
import io.penstock.bus.RawJson;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A payload to JSON and back; {@code plain} without the codec around Jackson. */
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
public class CodecBenchmark {

    private final EventCodec codec = JacksonEventCodec.create();
    private final Payload payload = Payload.of(7);
    private final String json = payload.toJson();
    private final Event<Payload> event = Event.builder(payload).build();
    private final Event<RawJson> stored =
            Event.builder("order.placed", new RawJson(json)).build();

    @Benchmark
    public String encode() {
        return codec.encode(event);
    }

    @Benchmark
    public Payload decode() {
        return codec.decode(stored, Payload.class);
    }

    @Benchmark
    public String plainEncode() {
        return payload.toJson();
    }

    @Benchmark
    public Payload plainDecode() {
        return Payload.fromJson(json);
    }
}
