package io.penstock.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Schedulers;

/** A file of orders, one JSON object a line. */
record OrderFile(String name, Callable<InputStream> source) {

    private static final String SAMPLE = "/orders.ndjson";

    /** The given file, or the sample that comes with the example. */
    static OrderFile of(@Nullable Path file) {
        return file == null
                ? new OrderFile("the sample", () -> Objects.requireNonNull(OrderFile.class.getResourceAsStream(SAMPLE)))
                : new OrderFile(String.valueOf(file.getFileName()), () -> Files.newInputStream(file));
    }

    /**
     * Emits the lines that are not blank, in order, each read when it is asked for, on threads that may block. Cancelling
     * closes the file. Errors with {@link UncheckedIOException}.
     */
    Flux<OrderLine> lines() {
        return Flux.using(() -> new Reading(new LineReader(source.call())), Reading::lines, Reading::close)
                .subscribeOn(Schedulers.boundedElastic());
    }

    /** Emits whether the file has a valid order with this id. */
    Mono<Boolean> contains(String orderId) {
        return lines().ofType(OrderLine.Valid.class)
                .any(line -> line.order().orderId().equals(orderId));
    }

    /** One pass over the file. Of the orders it has seen it keeps the ids, to find repeated ones. */
    private static final class Reading {

        private final LineReader reader;
        private final OrderParser parser = new OrderParser();
        private final Map<String, Long> lineOfOrder = new HashMap<>();

        Reading(LineReader reader) {
            this.reader = reader;
        }

        Flux<OrderLine> lines() {
            return Flux.generate(this::next);
        }

        void close() {
            try {
                reader.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void next(SynchronousSink<OrderLine> sink) {
            try {
                OrderLine line = null;
                while (line == null && reader.next()) {
                    line = parse();
                }
                if (line == null) {
                    sink.complete();
                } else {
                    sink.next(line);
                }
            } catch (IOException e) {
                sink.error(new UncheckedIOException(e));
            }
        }

        private @Nullable OrderLine parse() {
            long number = reader.number();
            try {
                String text = reader.text();
                return text.isEmpty() ? null : new OrderLine.Valid(number, unseen(parser.parse(text)));
            } catch (MalformedOrderException e) {
                return new OrderLine.Malformed(number, String.valueOf(e.getMessage()));
            }
        }

        private Order unseen(Order order) throws MalformedOrderException {
            Long first = lineOfOrder.putIfAbsent(order.orderId(), reader.number());
            if (first != null) {
                throw new MalformedOrderException("order " + order.orderId() + " was in line " + first + " already");
            }
            return order;
        }
    }
}
