package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Which partitions this node may deliver, and until when. Each beat renews what it has, counts the living nodes that
 * run the same consumer, gives back what is more than its share (once nothing of it is in flight) and takes what is
 * free or expired, up to its share. The database's clock decides; the node's own monotonic clock only makes it stop
 * early when a beat could not get through.
 */
final class PartitionLeases {

    private static final String BEAT = """
            WITH me AS (
                INSERT INTO ${schema}.node (id, name, consumers) VALUES ($1, $2, $3::int2[])
                    ON CONFLICT (id) DO UPDATE SET consumers = excluded.consumers, seen_at = clock_timestamp()
            ), renewed AS (
                UPDATE ${schema}.partition_lease
                   SET expires_at = clock_timestamp() + $4::int8 * interval '1 millisecond'
                 WHERE node_id = $1 AND consumer_id = ANY ($3::int2[]) AND expires_at > clock_timestamp()
                RETURNING consumer_id, partition
            ), left_over AS (
                UPDATE ${schema}.partition_lease SET node_id = NULL, expires_at = NULL
                 WHERE node_id = $1 AND consumer_id <> ALL ($3::int2[])
            ), alive AS (
                SELECT id, unnest(consumers) AS consumer_id
                  FROM ${schema}.node
                 WHERE id <> $1 AND seen_at > clock_timestamp() - $4::int8 * interval '1 millisecond'
            )
            SELECT consumer.id::int4 AS id, consumer.partitions,
                   ARRAY(SELECT partition::int4 FROM renewed WHERE consumer_id = consumer.id) AS held,
                   (SELECT count(*) FROM alive WHERE consumer_id = consumer.id)::int4 AS others,
                   (SELECT count(*) FROM alive WHERE consumer_id = consumer.id AND alive.id < $1)::int4 AS before
              FROM ${schema}.consumer
             WHERE consumer.id = ANY ($3::int2[])
            """;

    private static final String TAKE = """
            WITH free AS (
                SELECT consumer_id, partition
                  FROM ${schema}.partition_lease
                 WHERE consumer_id = $2 AND (node_id IS NULL OR expires_at <= clock_timestamp())
                 ORDER BY partition
                 LIMIT $3
                   FOR UPDATE SKIP LOCKED
            )
            UPDATE ${schema}.partition_lease AS lease
               SET node_id = $1, suspect = suspect OR node_id IS NOT NULL,
                   expires_at = clock_timestamp() + $4::int8 * interval '1 millisecond'
              FROM free
             WHERE lease.consumer_id = free.consumer_id AND lease.partition = free.partition
            RETURNING lease.partition::int4 AS partition
            """;

    private static final String RELEASE = """
            UPDATE ${schema}.partition_lease
               SET node_id = NULL, expires_at = NULL, suspect = false
             WHERE node_id = $1 AND consumer_id = $2 AND partition = ANY ($3::int4[])
            """;

    private static final String LEAVE = """
            WITH left_over AS (
                UPDATE ${schema}.partition_lease SET node_id = NULL, expires_at = NULL WHERE node_id = $1
            )
            DELETE FROM ${schema}.node WHERE id = $1
            """;

    private static final String BURY = """
            DELETE FROM ${schema}.node WHERE seen_at < clock_timestamp() - $1::int8 * interval '10 milliseconds'
            """;

    private static final Integer[] NONE = {};
    private static final Duration DRAIN_LOOK = Duration.ofMillis(100);

    private final Node node;
    private final Database database;
    private final BusListener listener;
    private final Duration lease;
    private final Map<Integer, HeldPartitions> held = new ConcurrentHashMap<>();
    private final Map<Integer, Member> members = new ConcurrentHashMap<>();
    private final Loop beating;
    private final Disposable.Swap timer = Disposables.swap();
    private final DueTimer drainLook;

    PartitionLeases(Node node) {
        this.node = node;
        this.database = node.upkeep();
        this.listener = node.listener();
        this.lease = node.options().lease();
        this.beating = new Loop(this::beat, error -> listener.failed("renew leases", error));
        this.drainLook = new DueTimer(beating::signal);
    }

    void start() {
        timer.update(Flux.interval(lease.dividedBy(3)).onBackpressureDrop().subscribe(tick -> beating.signal()));
    }

    /** Takes part in sharing this consumer's partitions, from the next beat on, which begins now. */
    void join(Member member) {
        members.put(member.consumerId(), member);
        held.put(member.consumerId(), HeldPartitions.NOTHING);
        beating.signal();
    }

    /** Gives back all partitions of a consumer whose deliveries have ended. */
    Mono<Void> leave(int consumerId) {
        Member member = members.remove(consumerId);
        HeldPartitions last = held.remove(consumerId);
        return member == null || last == null || last.all().isEmpty() ? Mono.empty() : release(member, last.all());
    }

    /** Beats no more and takes the node off the list of the living. */
    Mono<Void> stop() {
        timer.dispose();
        return beating.stop()
                .then(database.update(database.sql(LEAVE), statement -> statement.bind(0, node.id())))
                .then();
    }

    /** The partitions to claim from: held for certain, and not about to be given back. */
    Integer[] claimable(int consumerId) {
        HeldPartitions now = held.get(consumerId);
        return now == null || now.isOver() ? NONE : now.claimable();
    }

    /** Whether a delivery from this partition may start. */
    boolean holds(int consumerId, int partition) {
        HeldPartitions now = held.get(consumerId);
        return now != null && !now.isOver() && now.canStart(partition);
    }

    /** Whether no other node delivers what this consumer is owed. */
    boolean holdsAll(int consumerId, int partitions) {
        HeldPartitions now = held.get(consumerId);
        return now != null && now.isWhole(partitions);
    }

    private Mono<Void> beat() {
        long askedAt = System.nanoTime();
        Short[] consumers = members.keySet().stream().map(Integer::shortValue).toArray(Short[]::new);
        return database.query(
                        database.sql(BEAT),
                        statement -> statement
                                .bind(0, node.id())
                                .bind(1, node.name())
                                .bind(2, consumers)
                                .bind(3, lease.toMillis()),
                        Share::of)
                .concatMap(share -> adjust(share, askedAt))
                .then(bury());
    }

    private Mono<Void> bury() {
        return database.update(database.sql(BURY), statement -> statement.bind(0, lease.toMillis()))
                .then();
    }

    private Mono<Void> adjust(Share share, long askedAt) {
        Member member = members.get(share.consumerId());
        if (member == null) {
            return Mono.empty();
        }
        Set<Integer> has = new TreeSet<>(List.of(share.held()));
        report(member, has);
        int surplus = has.size() - share.fair();
        long until = askedAt + lease.toNanos();
        if (surplus > 0) {
            return give(member, has, surplus, until);
        }
        hold(member, new HeldPartitions(has, Set.of(), until));
        return surplus == 0 ? Mono.empty() : take(member, has, -surplus, until);
    }

    private Mono<Void> take(Member member, Set<Integer> has, int missing, long until) {
        return database.query(
                        database.sql(TAKE),
                        statement -> statement
                                .bind(0, node.id())
                                .bind(1, member.consumerId())
                                .bind(2, missing)
                                .bind(3, lease.toMillis()),
                        row -> Rows.required(row, "partition", Integer.class))
                .collectList()
                .doOnNext(taken -> taken(member, has, taken, until))
                .then();
    }

    private void taken(Member member, Set<Integer> has, List<Integer> taken, long until) {
        if (taken.isEmpty()) {
            return;
        }
        Set<Integer> all = new TreeSet<>(has);
        all.addAll(taken);
        hold(member, new HeldPartitions(all, Set.of(), until));
        listener.leased(member.name(), taken);
    }

    /** The highest ones go: no longer claimed from, and given back as soon as nothing of them is in flight. */
    private Mono<Void> give(Member member, Set<Integer> has, int surplus, long until) {
        Set<Integer> draining = new TreeSet<>(List.copyOf(has).subList(has.size() - surplus, has.size()));
        hold(member, new HeldPartitions(has, draining, until));
        Set<Integer> drained = new TreeSet<>(draining);
        drained.removeIf(partition -> member.isDelivering().test(partition));
        if (drained.size() < draining.size()) {
            drainLook.in(DRAIN_LOOK.toMillis());
        }
        if (drained.isEmpty()) {
            return Mono.empty();
        }
        Set<Integer> kept = new TreeSet<>(has);
        kept.removeAll(drained);
        draining.removeAll(drained);
        hold(member, new HeldPartitions(kept, draining, until));
        return release(member, drained);
    }

    private Mono<Void> release(Member member, Collection<Integer> partitions) {
        return database.update(
                        database.sql(RELEASE),
                        statement -> statement
                                .bind(0, node.id())
                                .bind(1, member.consumerId())
                                .bind(2, partitions.toArray(Integer[]::new)))
                .doOnSuccess(released -> listener.unleased(member.name(), partitions))
                .then();
    }

    /** What is new to claim from, taken over or no longer about to be given back, is read from the beginning. */
    private void hold(Member member, HeldPartitions now) {
        HeldPartitions before = held.get(member.consumerId());
        if (before == null || held.replace(member.consumerId(), now) == null) {
            return;
        }
        if (now.hasMoreThan(before)) {
            member.onGained().run();
        }
    }

    private void report(Member member, Set<Integer> has) {
        HeldPartitions before = held.get(member.consumerId());
        Set<Integer> lost = new HashSet<>(before == null ? Set.of() : before.all());
        lost.removeAll(has);
        if (!lost.isEmpty()) {
            listener.unleased(member.name(), lost);
        }
    }

    /**
     * A consumer that takes part.
     *
     * @param isDelivering whether something of a partition is in flight
     * @param onGained called when there is more to read
     */
    record Member(int consumerId, String name, Predicate<Integer> isDelivering, Runnable onGained) {}

    /** What the database says of one consumer: what is held, and this node's place among those that run it. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Share(int consumerId, int partitions, Integer[] held, int others, int before) {

        static Share of(Readable row) {
            return new Share(
                    Rows.required(row, "id", Integer.class),
                    Rows.required(row, "partitions", Integer.class),
                    Rows.required(row, "held", Integer[].class),
                    Rows.required(row, "others", Integer.class),
                    Rows.required(row, "before", Integer.class));
        }

        /** Equal shares; the first nodes get one more where it does not divide. */
        int fair() {
            int nodes = others + 1;
            return partitions / nodes + (before < partitions % nodes ? 1 : 0);
        }
    }
}
