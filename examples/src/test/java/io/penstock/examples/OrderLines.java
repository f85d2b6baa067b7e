package io.penstock.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Makes files of orders. */
final class OrderLines {

    private OrderLines() {}

    static String order(String orderId, String customer) {
        return """
                {"orderId":"%s","customer":"%s","items":[{"sku":"MUG-ASH","quantity":2,"price":9.90}],"total":19.80,\
                "placedAt":"2026-03-02T06:00:31Z"}""".formatted(orderId, customer);
    }

    /** So many orders, o-0 and on, of so many customers in turn. */
    static List<String> orders(int count, int customers) {
        return IntStream.range(0, count)
                .mapToObj(i -> order("o-" + i, "c-" + i % customers))
                .toList();
    }

    static String file(Path directory, List<String> lines) {
        try {
            return Files.write(directory.resolve("orders.ndjson"), lines).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
