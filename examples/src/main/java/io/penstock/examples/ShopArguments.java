package io.penstock.examples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@link KafkaShop} was asked to do.
 *
 * @param orders the file to take orders from; {@code null}: the sample
 * @param bootstrap the broker to use; {@code null}: an embedded one
 */
record ShopArguments(
        @Nullable Path orders, @Nullable String bootstrap, boolean killRelay, boolean restartBroker, boolean help) {

    static final String HELP = """
            Service A places orders; a relay sends order.placed to Kafka; an ingress publishes it in service B, which ships.

              --orders FILE         orders as NDJSON: orderId, customer, items, total, placedAt (default: a sample)
              --bootstrap HOST:PORT the Kafka broker to use (default: an embedded one); its topic stays there
              --kill-relay          the relay runs in a process of its own, which is killed during the run
              --restart-broker      the embedded broker is killed during the run and comes back
              --help                print this

            Exit codes: 0 every check holds, 1 a check or the run failed, 2 the arguments are wrong.
            """;

    private static final Set<String> WITH_VALUE = Set.of("--orders", "--bootstrap");
    private static final Set<String> PLAIN = Set.of("--kill-relay", "--restart-broker", "--help");

    /** Throws {@link UsageException} for what it does not understand. */
    static ShopArguments parse(String... words) {
        Map<String, String> given = new HashMap<>();
        Queue<String> rest = new ArrayDeque<>(List.of(words));
        for (String option = rest.poll(); option != null; option = rest.poll()) {
            UsageException.require(
                    WITH_VALUE.contains(option) || PLAIN.contains(option), "unknown option '" + option + "'");
            String value = WITH_VALUE.contains(option) ? value(option, rest.poll()) : "";
            UsageException.require(given.put(option, value) == null, option + " is given twice");
        }
        UsageException.require(
                !(given.containsKey("--restart-broker") && given.containsKey("--bootstrap")),
                "--restart-broker is for the embedded broker, not for one given with --bootstrap");
        return new ShopArguments(
                file(given.get("--orders")),
                given.get("--bootstrap"),
                given.containsKey("--kill-relay"),
                given.containsKey("--restart-broker"),
                given.containsKey("--help"));
    }

    private static String value(String option, @Nullable String value) {
        if (value == null || value.isBlank() || value.startsWith("--")) {
            throw new UsageException(option + " needs a value");
        }
        return value;
    }

    private static @Nullable Path file(@Nullable String name) {
        if (name == null) {
            return null;
        }
        Path file = Path.of(name);
        UsageException.require(
                Files.isRegularFile(file) && Files.isReadable(file),
                "--orders " + name + ": there is no such file, or it cannot be read");
        return file;
    }
}
