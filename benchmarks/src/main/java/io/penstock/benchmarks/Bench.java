package io.penstock.benchmarks;

import java.util.Map;

/**
 * What a cell is given.
 *
 * @param database the server and this cell's own database on it
 * @param events how many the workload handles
 * @param options settings of the workload, such as {@code rate} of the latency ones, by name
 */
public record Bench(Address database, int events, Map<String, String> options) {

    public Bench {
        options = Map.copyOf(options);
    }

    /** The payload of the event with this number, from 0: the same for every variant. */
    public Payload payload(int number) {
        return Payload.of(number);
    }

    /** A number among the options. */
    public int option(String name, int otherwise) {
        String value = options.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    /** Where a database is. */
    public record Address(String host, int port, String user, String password, String name) {

        /** For the JDBC driver; user and password are given apart. */
        public String jdbcUrl() {
            return "jdbc:postgresql://" + host + ":" + port + "/" + name;
        }

        /** The same place, another database. */
        public Address named(String database) {
            return new Address(host, port, user, password, database);
        }

        @Override
        public String toString() {
            return host + ":" + port + "/" + name;
        }
    }
}
