package io.penstock.bus.r2dbc;

import static io.penstock.bus.r2dbc.BusFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.bus.ConsumerSpec;
import io.penstock.bus.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
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

/** What a reading hands over, and when. */
class ClaimsIntegrationTests {

    private static final int EVENTS = 600;
    private static final Long[] IN_MEMORY =
            LongStream.rangeClosed(1, 200).boxed().toArray(Long[]::new);

    private static final String ROWS = """
            SELECT n::int8 AS seq, n::int8 AS key_hash, NULL::int4, NULL::int4, NULL::int8, gen_random_uuid(),
                   'order.placed', NULL::int4, 'test', NULL::text, NULL::text, 'key', '{}', NULL::text,
                   encode(timestamptz_send(now()), 'hex'), NULL::text, NULL::text
              FROM generate_series(1, %d) AS n
            """.formatted(EVENTS);

    @RegisterExtension
    final BusFixture fixture = new BusFixture();

    private final List<List<Claimed>> early = new ArrayList<>();
    private R2dbcEventBus bus;
    private Database database;

    @BeforeEach
    void open() {
        bus = fixture.bus();
        database = new Database(fixture.application, new SchemaName(fixture.schema()), 1);
    }

    @AfterEach
    void close() {
        database.close().block(PATIENCE);
    }

    @Test
    void rowsAreHandedOverWhileOthersAreOnTheirWay() {
        RangeReading.Page page = read(spec().handle(event -> Mono.empty()), 1_000);

        assertThat(early).extracting(List::size).containsExactly(256, 256);
        assertThat(page.rows()).hasSize(88);
        assertThat(page.count()).isEqualTo(EVENTS);
        assertThat(page.last()).isEqualTo(EVENTS);
        assertThat(Stream.concat(early.stream().flatMap(List::stream), page.rows().stream())
                        .map(Claimed::seq))
                .isSorted();
    }

    @Test
    void theFirstRowsAreHandedOverBeforeTheNextArrives() {
        Registered consumer = new Registered(1, spec().handle(event -> Mono.empty()), false);
        RangeReading reading = new RangeReading(consumer, false, 1, RangeReading.Usual.NOTHING, early::add);
        List<Integer> handedOver = new ArrayList<>();

        database.with(connection -> Database.rows(connection, ROWS, statement -> {}, row -> {
                            reading.claimed(row);
                            return handedOver.add(early.size());
                        })
                        .then())
                .block(PATIENCE);

        assertThat(handedOver).hasSize(EVENTS);
        assertThat(handedOver.get(254)).isZero();
        assertThat(handedOver.get(255)).isEqualTo(1);
    }

    @Test
    void batchesAreNotTornApart() {
        read(spec().batchSize(100).handleBatch(events -> Mono.empty()), 1_000);

        assertThat(early).extracting(List::size).containsExactly(300, 300);
    }

    @Test
    void ofAnOrderedConsumerNothingIsHandedOverBeforeAllIsRead() {
        RangeReading.Page page = read(spec().ordered().handle(event -> Mono.empty()), 1_000);

        assertThat(early).isEmpty();
        assertThat(page.rows()).hasSize(EVENTS);
        assertThat(page.ownXid()).isPositive();
    }

    @Test
    void aReadingWhoseRowsCannotBeHandedOverFailsAndGivesItsConnectionBack() {
        Claims claims = claims(spec().handle(event -> Mono.empty()));

        assertThatThrownBy(() -> read(claims, 1_000, rows -> {
                    throw new IllegalStateException("no room");
                }))
                .hasMessage("no room");

        assertThat(read(claims, 10, early::add).rows()).hasSize(10);
    }

    @Test
    void alongTheOutboxTheSameIsReadAsByLookingUpButNothingBeyond() {
        Claims claims = claims(spec().batchSize(1_000).handleBatch(events -> Mono.empty()));
        bus.publishAll(Flux.range(0, 50).map(number -> Event.of("not.meant", number)))
                .then()
                .block(PATIENCE);
        publish(100);

        List<Long> all = seqs(read(claims, 99, 1_000, Claims.Range.NO_END, early::add));
        List<Long> along = seqs(read(claims, 99, 1_000, 700, early::add));
        List<Long> few = seqs(read(claims, 99, 10, 700, early::add));
        List<Long> some = seqs(read(claims, someFrom(99, Claims.Range.NO_END), held(16), early::add));
        List<Long> someAlong = seqs(read(claims, someFrom(99, 700), held(16), early::add));

        assertThat(all).hasSize(601).contains(100L, 600L, 651L, 750L);
        assertThat(along).isEqualTo(all.subList(0, 551));
        assertThat(few).isEqualTo(all.subList(0, 10));
        assertThat(some).isNotEmpty().doesNotContain(IN_MEMORY);
        assertThat(someAlong)
                .isEqualTo(some.stream().filter(seq -> seq <= 700).toList())
                .hasSizeBetween(100, 450);
    }

    @Test
    void alongTheOutboxEachPageSaysWhetherAnythingIsReadyBeyond() {
        Claims claims = claims(spec().batchSize(1_000).handleBatch(events -> Mono.empty()));
        Claims.Range toTheEnd = someFrom(99, EVENTS);
        RangeReading.Page all = read(claims, toTheEnd, held(32), early::add);
        int ofTheLast = all.rows().get(all.count() - 1).partition();
        List<Long> others = seqs(read(claims, toTheEnd, held(ofTheLast), early::add));
        long lastOfOthers = others.get(others.size() - 1);

        assertThat(all.ends()).isTrue();
        assertThat(ends(claims, EVENTS - 1, 32)).isFalse();
        assertThat(ends(claims, lastOfOthers, ofTheLast))
                .as("those behind it are another node's")
                .isTrue();
        assertThat(ends(claims, lastOfOthers - 1, ofTheLast)).isFalse();
        assertThat(ends(claims, Claims.Range.NO_END, 32))
                .as("by looking up it is not asked")
                .isFalse();
    }

    private boolean ends(Claims claims, long upTo, int partitions) {
        return read(claims, someFrom(99, upTo), held(partitions), early::add).ends();
    }

    private static Claims.Range someFrom(long above, long upTo) {
        Long[] none = {};
        return new Claims.Range(above, IN_MEMORY, none, none, 1_000, upTo);
    }

    private static List<Long> seqs(RangeReading.Page page) {
        return page.rows().stream().map(Claimed::seq).toList();
    }

    private static ConsumerSpec.Builder<Keyed> spec() {
        return ConsumerSpec.named("c").on(Keyed.TYPE, Keyed.class);
    }

    private RangeReading.Page read(ConsumerSpec<?> spec, int limit) {
        return read(claims(spec), limit, early::add);
    }

    private static RangeReading.Page read(Claims claims, int limit, Consumer<List<Claimed>> early) {
        return read(claims, 0, limit, Claims.Range.NO_END, early);
    }

    private static RangeReading.Page read(
            Claims claims, long above, int limit, long upTo, Consumer<List<Claimed>> early) {
        Long[] none = {};
        return read(claims, new Claims.Range(above, none, none, none, limit, upTo), held(32), early);
    }

    private static RangeReading.Page read(
            Claims claims, Claims.Range range, HeldPartitions held, Consumer<List<Claimed>> early) {
        return claims.read(range, held, early).block(PATIENCE);
    }

    /** The first so many partitions. */
    private static HeldPartitions held(int partitions) {
        Set<Integer> first = IntStream.range(0, partitions).boxed().collect(Collectors.toSet());
        return new HeldPartitions(first, Set.of(), System.nanoTime() + PATIENCE.toNanos(), 1, Map.of());
    }

    private Claims claims(ConsumerSpec<?> spec) {
        Registered consumer = new Consumers(database).register(spec).block(PATIENCE);
        publish(EVENTS);
        return new Claims(database, consumer, UUID.randomUUID());
    }

    private void publish(int events) {
        bus.publishAll(Flux.range(0, events).map(number -> Keyed.event("key-" + number, number)))
                .then()
                .block(PATIENCE);
    }
}
