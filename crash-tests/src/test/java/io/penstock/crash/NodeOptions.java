package io.penstock.crash;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How a node of the rig is set up. Immutable; travels as {@code key=value} arguments to the other JVM. */
record NodeOptions(Map<String, String> values) {

    static final NodeOptions DEFAULTS = new NodeOptions(Map.of())
            .with("lease", 1_000)
            .with("poll", 100)
            .with("consumers", "tx")
            .with("concurrency", 4)
            .with("batch", 10)
            .with("attempts", 5)
            .with("backoff", 20)
            .with("timeout", 30_000)
            .with("grace", 10_000)
            .with("acquire", 5_000)
            .with("retention", 604_800_000L)
            .with("isolation", "read committed")
            .with("failpoint", Failpoint.NONE)
            .with("passes", 1)
            .with("talk", true);

    static NodeOptions parse(String[] arguments) {
        NodeOptions options = DEFAULTS;
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            options = options.with(argument.substring(0, equals), argument.substring(equals + 1));
        }
        return options;
    }

    NodeOptions with(String key, Object value) {
        Map<String, String> more = new LinkedHashMap<>(values);
        more.put(key, value.toString());
        return new NodeOptions(Map.copyOf(more));
    }

    /** Dies at the n-th pass of a point. */
    NodeOptions dyingAt(Failpoint point, int passes) {
        return with("failpoint", point).with("passes", passes);
    }

    List<String> arguments() {
        return values.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    String text(String key) {
        String value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("The node needs " + key);
        }
        return value;
    }

    int number(String key) {
        return Integer.parseInt(text(key));
    }

    boolean is(String key) {
        return Boolean.parseBoolean(text(key));
    }

    Duration millis(String key) {
        return Duration.ofMillis(Long.parseLong(text(key)));
    }

    Failpoints failpoints() {
        return new Failpoints(Failpoint.valueOf(text("failpoint")), number("passes"));
    }

    List<Contract> contracts() {
        return List.of(text("consumers").split(",", -1)).stream()
                .map(Contract::of)
                .toList();
    }
}
