package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import io.penstock.bus.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A backlog that is read along the outbox where it is dense, page by page as its consumer's loop does. */
class ReadAlongIntegrationTests {

    private static final int MEANT = 10_000;
    private static final int OTHERS = 20_000;
    private static final int BURST = 200;

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final List<Claims.Range> ranges = new ArrayList<>();
    private final List<Claimed> arrived = new ArrayList<>();
    private R2dbcEventBus bus;
    private Database database;
    private Registered consumer;

    @BeforeEach
    void consumer() {
        bus = fixture.bus();
        database = new Database(fixture.application, new SchemaName(fixture.schema()), 1);
        consumer = new Consumers(database)
                .register(ConsumerSpec.named("c").on("meant").handle(event -> Mono.empty()))
                .block(PATIENCE);
    }

    @AfterEach
    void close() {
        database.close().block(PATIENCE);
    }

    @Test
    void eachRowIsReadOnceInOrderAlsoAcrossAGapThatIsLongerThanAPage() {
        publish("meant", MEANT);
        publish("not.meant", OTHERS);
        publish("meant", MEANT);

        readAll(32);

        assertThat(arrived)
                .extracting(Claimed::seq)
                .containsExactlyElementsOf(Stream.concat(
                                LongStream.rangeClosed(1, MEANT).boxed(),
                                LongStream.rangeClosed(MEANT + OTHERS + 1, 2 * MEANT + OTHERS)
                                        .boxed())
                        .toList());
        assertThat(ranges).filteredOn(Claims.Range::isAlong).hasSizeGreaterThan(ranges.size() / 2);
        assertThat(ranges)
                .filteredOn(Claims.Range::isAlong)
                .allSatisfy(range -> assertThat(range.upTo() - range.above()).isLessThanOrEqualTo(2L * range.limit()));
    }

    @Test
    void whereANodeHasAPartOfThePartitionsTheirRowsAreReadAndNoOthers() {
        publish("meant", MEANT);

        readAll(12);

        assertThat(arrived).extracting(Claimed::seq).doesNotHaveDuplicates().hasSize((int)
                fixture.count("inbox WHERE partition < 12"));
        assertThat(arrived).extracting(Claimed::partition).allMatch(partition -> partition < 12);
        assertThat(ranges).anyMatch(Claims.Range::isAlong);
    }

    @Test
    void whatIsPublishedInBurstsIsReadAlongWithNoEmptyStatementBehind() {
        Window window = new Window(consumer);
        publish("meant", BURST);
        readAll(window, 32);
        ranges.clear();

        for (int burst = 1; burst <= 3; burst++) {
            publish("meant", BURST);
            window.hint(1L + BURST * burst);
            readAll(window, 32);
        }

        assertThat(ranges).hasSize(3).allMatch(Claims.Range::isAlong);
        assertThat(arrived)
                .extracting(Claimed::seq)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 4 * BURST).boxed().toList());
    }

    private void readAll(int partitions) {
        readAll(new Window(consumer), partitions);
    }

    private void readAll(Window window, int partitions) {
        Claims claims = new Claims(database, consumer, UUID.randomUUID());
        Set<Integer> some = IntStream.range(0, partitions).boxed().collect(Collectors.toSet());
        HeldPartitions held = new HeldPartitions(some, Set.of(), System.nanoTime() + PATIENCE.toNanos(), 1, Map.of());
        for (Claims.Range range = window.next(); range != null; range = window.next()) {
            List<Claimed> rows = new ArrayList<>();
            RangeReading.Page page = claims.read(range, held, early -> {
                        window.admit(early);
                        rows.addAll(early);
                    })
                    .block(PATIENCE);
            window.admit(range, page);
            rows.addAll(page.rows());
            List<Ended> ended = rows.stream()
                    .map(row -> Ended.attempted(row, Outcome.COMPLETED, 1))
                    .toList();
            window.advance(ended);
            window.settled(ended);
            ranges.add(range);
            arrived.addAll(rows);
        }
    }

    private void publish(String type, int count) {
        bus.publishAll(Flux.range(0, count).map(number -> Event.of(type, number)))
                .then()
                .block(PATIENCE);
    }
}
