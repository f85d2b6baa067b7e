package io.penstock.examples;

import io.r2dbc.spi.ConnectionFactoryOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the program was asked to do.
 *
 * @param orders the file to import; {@code null}: the sample
 * @param postgres the URL of the server to use; {@code null}: an embedded one
 * @param poison the order whose shipping fails for good; {@code null}: none
 */
record Arguments(
        @Nullable Path orders,
        @Nullable String postgres,
        @Nullable String poison,
        boolean redrive,
        boolean help) {

    static final String HELP = """
            Imports orders and publishes order.placed for each, in one transaction; three consumers invoice, ship and audit.

              --orders FILE       orders as NDJSON: orderId, customer, items, total, placedAt (default: a sample)
              --postgres URL      r2dbc:postgresql://user:password@host:port/database (default: an embedded server)
              --poison ORDERID    the shipping of this order fails for good, so that a dead letter can be seen
              --redrive           after the import, redrive the dead letters
              --help              print this

            Exit codes: 0 every check holds, 1 a check or the run failed, 2 the arguments are wrong.
            """;

    /** Throws {@link UsageException} for what it does not understand. */
    static Arguments parse(String... words) {
        Path orders = null;
        String postgres = null;
        String poison = null;
        Set<String> given = new HashSet<>();
        Queue<String> rest = new ArrayDeque<>(List.of(words));
        for (String option = rest.poll(); option != null; option = rest.poll()) {
            if (!given.add(option)) {
                throw new UsageException(option + " is given twice");
            }
            switch (option) {
                case "--orders" -> orders = file(value(option, rest));
                case "--postgres" -> postgres = url(value(option, rest));
                case "--poison" -> poison = value(option, rest);
                case "--redrive", "--help" -> {}
                default -> throw new UsageException("unknown option '" + option + "'");
            }
        }
        return new Arguments(orders, postgres, poison, given.contains("--redrive"), given.contains("--help"));
    }

    private static String value(String option, Queue<String> rest) {
        String value = rest.poll();
        if (value == null || value.isBlank() || value.startsWith("--")) {
            throw new UsageException(option + " needs a value");
        }
        return value;
    }

    private static Path file(String name) {
        Path file = Path.of(name);
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new UsageException("--orders " + name + ": there is no such file, or it cannot be read");
        }
        return file;
    }

    /** The value is not repeated in the message: it may hold a password. */
    private static String url(String value) {
        if (!value.startsWith("r2dbc:postgresql://") || !isUrl(value)) {
            throw new UsageException(
                    "--postgres needs a URL such as r2dbc:postgresql://user:password@host:5432/database");
        }
        return value;
    }

    private static boolean isUrl(String value) {
        try {
            return ConnectionFactoryOptions.parse(value).hasOption(ConnectionFactoryOptions.HOST);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
