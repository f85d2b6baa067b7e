package io.penstock.examples;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** What a run of the program returned and printed. */
record Ran(int code, String out, String err) {

    static Ran with(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = OrderImport.run(printing(out), printing(err), args);
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static Ran on(TestDatabase database, String... args) {
        return with(Stream.concat(Stream.of("--postgres", database.url()), Stream.of(args))
                .toArray(String[]::new));
    }

    /** The claims of the check that did not hold. */
    List<String> failed() {
        return out.lines().filter(line -> line.startsWith("FAILED")).toList();
    }

    /** A figure of the summary. */
    String figure(String name) {
        return out.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElseThrow(() -> new AssertionError("No " + name + " in\n" + this));
    }

    private static PrintStream printing(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
