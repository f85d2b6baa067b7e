package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** How lines become orders, and when they are read. */
class OrderFileTests {

    private static final String GOOD = OrderLines.order("o-1", "c-1");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void everyLineOfTheSampleIsAnOrderWhoseTotalIsTheSumOfItsItems() {
        List<OrderLine> lines = OrderFile.of(null).lines().collectList().block(PATIENCE);

        assertThat(lines)
                .hasSizeGreaterThanOrEqualTo(2_000)
                .allSatisfy(line -> assertThat(line)
                        .isInstanceOfSatisfying(
                                OrderLine.Valid.class,
                                valid -> assertThat(valid.order())
                                        .matches(order -> order.items().stream()
                                                        .map(item -> item.price()
                                                                .multiply(BigDecimal.valueOf(item.quantity())))
                                                        .reduce(BigDecimal.ZERO, BigDecimal::add)
                                                        .compareTo(order.total())
                                                == 0)));
        assertThat(lines.stream()
                        .map(line -> ((OrderLine.Valid) line).order().customer())
                        .distinct()
                        .count())
                .isBetween(40L, 200L);
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(quoteCharacter = '\0', delimiter = '|', textBlock = """
            "orderId":"o-1",                    |                           | orderId is missing or not a text
            "o-1"                               | 17                        | orderId is missing or not a text
            "o-1"                               | "\\u0000"                 | orderId has control characters or half a surrogate pair
            "c-1"                               | "\\ud800"                 | customer has control characters or half a surrogate pair
            "c-1"                               | "  "                      | customer is missing or not a text
            "customer":"c-1",                   |                           | customer is missing or not a text
            [{"sku":"MUG-ASH","quantity":2,"price":9.90}] | []              | items has to be an array with at least one item
            [{"sku":"MUG-ASH","quantity":2,"price":9.90}] | {}              | items has to be an array with at least one item
            {"sku":"MUG-ASH","quantity":2,"price":9.90}   | 5               | an item is not a JSON object
            "quantity":2                        | "quantity":0              | quantity has to be a positive whole number
            "quantity":2                        | "quantity":1.5            | quantity has to be a positive whole number
            9.90                                | -1                        | price has to be 0 to 1000000000, with 4 decimals at most
            19.80                               | 0                         | total has to be a positive number
            19.80                               | -19.80                    | total has to be 0 to 1000000000, with 4 decimals at most
            19.80                               | "19.80"                   | total is missing or not a number
            19.80                               | 1e400000000               | total has to be 0 to 1000000000, with 4 decimals at most
            19.80                               | 1e-400000000              | total has to be 0 to 1000000000, with 4 decimals at most
            2026-03-02T06:00:31Z                | 2026-03-02                | placedAt has to be an instant such as 2026-03-02T06:00:31Z
            2026-03-02T06:00:31Z                | +99999-01-01T00:00:00Z    | placedAt has to be between 1970-01-01T00:00:00Z and 9999-12-31T23:59:59Z
            """)
    void aWrongFieldIsNamed(String part, String replacement, String reason) {
        String line = GOOD.replace(part, replacement == null ? "" : replacement);
        assertThat(line).isNotEqualTo(GOOD);
        assertThat(read(line)).containsExactly(new OrderLine.Malformed(1, reason));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            not json
            []
            17
            null
            {}
            """)
    void whatIsNoOrderIsMalformed(String line) {
        assertThat(read(line)).singleElement().isInstanceOf(OrderLine.Malformed.class);
    }

    @Test
    void textAfterTheObjectIsMalformed() {
        assertThat(read(GOOD + GOOD)).singleElement().isInstanceOf(OrderLine.Malformed.class);
    }

    @Test
    void blankLinesCountButAreNoOrders() {
        assertThat(read("", GOOD + "\r", "  ", "{}"))
                .extracting(OrderLine::number)
                .containsExactly(2L, 4L);
    }

    @Test
    void anOrderThatIsRepeatedIsReportedWithItsFirstLine() {
        assertThat(read(GOOD, GOOD).get(1)).isEqualTo(new OrderLine.Malformed(2, "order o-1 was in line 1 already"));
    }

    @Test
    void aLineThatIsTooLongIsReportedAndTheNextOneIsRead() {
        String spaces = " ".repeat(LineReader.LONGEST_LINE);
        assertThat(read(GOOD + spaces, OrderLines.order("o-2", "c-1")))
                .satisfiesExactly(
                        line -> assertThat(line).isInstanceOf(OrderLine.Malformed.class),
                        line -> assertThat(line).isInstanceOf(OrderLine.Valid.class));
    }

    @Test
    void bytesThatAreNotUtf8AreMalformed() {
        byte[] latin = GOOD.replace("MUG-ASH", "caf\u00e9").getBytes(StandardCharsets.ISO_8859_1);
        assertThat(read(latin)).containsExactly(new OrderLine.Malformed(1, "it is not UTF-8"));
    }

    @Test
    void aFileOfAnySizeIsReadOnDemandOnThreadsThatMayBlockAndIsClosed() {
        Endless endless = new Endless();

        StepVerifier.create(new OrderFile("endless", () -> endless).lines().subscribeOn(Schedulers.parallel()), 3)
                .expectNextCount(3)
                .then(() -> assertThat(endless.read.get()).isLessThan(1 << 20))
                .thenRequest(2)
                .expectNextCount(2)
                .thenCancel()
                .verify(PATIENCE);

        assertThat(endless.closed).isTrue();
        assertThat(endless.readOnEventLoop).isFalse();
        assertThat(endless.read.get()).isLessThan(1 << 20);
    }

    @Test
    void aFileThatBreaksOffFailsTheRead() throws IOException {
        InputStream broken = InputStream.nullInputStream();
        broken.close();
        StepVerifier.create(new OrderFile("broken", () -> broken).lines())
                .expectError(UncheckedIOException.class)
                .verify(PATIENCE);
    }

    private static List<OrderLine> read(String... lines) {
        return read(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    private static List<OrderLine> read(byte[] content) {
        return new OrderFile("test", () -> new ByteArrayInputStream(content))
                .lines()
                .collectList()
                .block(PATIENCE);
    }

    /** Blank lines without end, but for an order every hundred lines. */
    private static final class Endless extends InputStream {

        private final AtomicLong read = new AtomicLong();
        private final AtomicBoolean readOnEventLoop = new AtomicBoolean();
        private final AtomicBoolean closed = new AtomicBoolean();

        @Override
        public int read() {
            readOnEventLoop.compareAndSet(false, Schedulers.isInNonBlockingThread());
            long at = read.incrementAndGet();
            return at % 100 == 1 ? 'x' : '\n';
        }

        @Override
        public int read(byte[] bytes, int from, int length) {
            for (int i = from; i < from + length; i++) {
                bytes[i] = (byte) read();
            }
            return length;
        }

        @Override
        public void close() {
            closed.set(true);
        }
    }
}
