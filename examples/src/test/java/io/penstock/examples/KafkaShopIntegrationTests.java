package io.penstock.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program from its arguments to its exit code, with a real broker and a real PostgreSQL. */
class KafkaShopIntegrationTests {

    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\\n(.*?)^```");

    @Test
    void everyCheckHoldsAlthoughTheRelayAndTheBrokerAreKilled() {
        Ran ran = run("--kill-relay", "--restart-broker");

        assertThat(ran.code()).as(ran.toString()).isZero();
        assertThat(ran.failed()).isEmpty();
        assertThat(ran.out())
                .contains("the relay was killed after ", "the broker is killed after ", "the broker is back");
        assertThat(List.of(ran.figure("orders"), ran.figure("arrived")))
                .allSatisfy(figure -> assertThat(figure).startsWith("2,500 "));
        assertThat(List.of(ran.figure("events"), ran.figure("shipments"))).containsOnly("2,500");
    }

    @Test
    void aBrokerThatIsThereAlreadyIsUsedAndLeftRunning(@TempDir Path directory) {
        String orders = OrderLines.file(directory, OrderLines.orders(300, 20));
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            Ran ran = run("--bootstrap", broker.bootstrap(), "--orders", orders);

            assertThat(ran.code()).as(ran.toString()).isZero();
            assertThat(ran.failed()).isEmpty();
            assertThat(List.of(ran.figure("events"), ran.figure("shipments"))).containsOnly("300");
            assertThat(broker.answers()).isTrue();
        }
    }

    @Test
    void aBrokerThatDoesNotAnswerIsSaid() {
        Ran ran = run("--bootstrap", "localhost:1");

        assertThat(ran.code()).isEqualTo(OrderImport.FAILED);
        assertThat(ran.err()).contains("no broker answers at localhost:1");
    }

    @ParameterizedTest
    @CsvSource({
        "--orders,needs a value",
        "--nonsense,unknown option '--nonsense'",
        "--kill-relay --kill-relay,is given twice",
        "--orders nowhere.ndjson,there is no such file",
        "--restart-broker --bootstrap host:9092,for the embedded broker"
    })
    void whatCannotBeFollowedIsSaid(String arguments, String message) {
        Ran ran = run(arguments.split(" "));

        assertThat(ran.code()).isEqualTo(OrderImport.MISUSED);
        assertThat(ran.err()).contains(message).contains("--help");
    }

    @Test
    void helpNamesEveryOption() {
        Ran ran = run("--help");

        assertThat(ran.code()).isZero();
        assertThat(ran.out()).contains("--orders", "--bootstrap", "--kill-relay", "--restart-broker");
    }

    @Test
    void whatTheDocumentShowsIsWhatTheServicesAreMadeOf() throws IOException {
        List<String> services = Files.readString(Path.of("src/main/java/io/penstock/examples/ShopServices.java"))
                .lines()
                .map(String::strip)
                .toList();
        List<String> blocks = BLOCK.matcher(Files.readString(Path.of("..", "docs", "kafka.md")))
                .results()
                .map(match -> match.group(1))
                .toList();

        assertThat(blocks)
                .hasSize(2)
                .allSatisfy(block -> assertThat(services)
                        .containsSequence(block.lines().map(String::strip).toList()));
    }

    private static Ran run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = KafkaShop.run(printing(out), printing(err), args);
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static PrintStream printing(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
