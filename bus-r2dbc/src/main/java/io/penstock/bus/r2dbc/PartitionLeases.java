package io.penstock.bus.r2dbc;

import io.penstock.bus.BusListener;
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

    private static final Duration DRAIN_LOOK = Duration.ofMillis(100);
    private static final Duration REST_LOOK = Duration.ofMillis(10);

    private final LeaseTable table;
    private final BusListener listener;
    private final Duration lease;
    private final Map<Integer, HeldPartitions> held = new ConcurrentHashMap<>();
    private final Map<Integer, Member> members = new ConcurrentHashMap<>();
    private final Map<Integer, Map<Integer, Long>> suspects = new ConcurrentHashMap<>();
    private final Set<Integer> resting = ConcurrentHashMap.newKeySet();
    private final Loop beating;
    private final Disposable.Swap timer = Disposables.swap();
    private final DueTimer drainLook;

    PartitionLeases(Node node) {
        this.table = new LeaseTable(node);
        this.listener = node.listener();
        this.lease = node.options().lease();
        this.beating = new Loop(this::beat, error -> listener.failed("renew leases", error));
        this.drainLook = new DueTimer(this::lookWhatDrained);
    }

    void start() {
        timer.update(Flux.interval(lease.dividedBy(3)).onBackpressureDrop().subscribe(tick -> beating.signal()));
    }

    /** Takes part in sharing this consumer's partitions, from the next beat on, which begins now. */
    void join(Member member) {
        resting.remove(member.consumerId());
        members.put(member.consumerId(), member);
        held.put(member.consumerId(), HeldPartitions.NOTHING);
        beating.signal();
    }

    /** Is no longer counted among the nodes that share this consumer, and gives back what nothing is in flight of. */
    void drain(int consumerId) {
        resting.add(consumerId);
        beating.signal();
    }

    /** As drain; completes when this node holds nothing of the consumer. Of one that has left, nothing happens. */
    Mono<Void> rest(Member member) {
        int consumerId = member.consumerId();
        if (members.get(consumerId) != member) {
            return Mono.empty();
        }
        drain(consumerId);
        return Flux.interval(Duration.ZERO, REST_LOOK)
                .onBackpressureDrop()
                .takeUntil(tick ->
                        !resting.contains(consumerId) || held(consumerId).all().isEmpty())
                .then();
    }

    /** Takes its share again. */
    void rejoin(Member member) {
        if (members.get(member.consumerId()) == member) {
            resting.remove(member.consumerId());
            beating.signal();
        }
    }

    /** Gives back what is left of a consumer whose deliveries have ended. */
    Mono<Void> leave(int consumerId) {
        Member member = members.remove(consumerId);
        HeldPartitions last = held.remove(consumerId);
        resting.remove(consumerId);
        suspects.remove(consumerId);
        return member == null || last == null || last.all().isEmpty() ? Mono.empty() : release(member, last.all());
    }

    /** Beats no more and takes the node off the list of the living. */
    Mono<Void> stop() {
        timer.dispose();
        return beating.stop().then(table.leave());
    }

    HeldPartitions held(int consumerId) {
        return held.getOrDefault(consumerId, HeldPartitions.NOTHING);
    }

    /** Whether a delivery from this partition may start. */
    boolean mayStart(int consumerId, Claimed row) {
        return held(consumerId).letsStart(row);
    }

    /** Whether what was started may end: also while the partition is about to be given back. */
    boolean mayEnd(int consumerId, Claimed row) {
        return held(consumerId).holds(row);
    }

    /** Whether the row was there when its partition was taken from a node that never gave it back. */
    boolean suspects(int consumerId, Claimed row) {
        Long newest = suspects.getOrDefault(consumerId, Map.of()).get(row.partition());
        return newest != null && row.seq() <= newest;
    }

    /** Whether no other node delivers what this consumer is owed. */
    boolean holdsAll(int consumerId, int partitions) {
        return held(consumerId).isWhole(partitions);
    }

    private Mono<Void> beat() {
        long askedAt = System.nanoTime();
        Set<Integer> asked = Set.copyOf(members.keySet());
        return table.beat(asked, resting)
                .collectList()
                .doOnNext(shares -> forgetDeleted(asked, shares))
                .flatMapIterable(shares -> shares)
                .concatMap(share -> adjust(share, askedAt))
                .then(table.bury());
    }

    /** Of a consumer that was deleted nothing is said, and nothing is held. */
    private void forgetDeleted(Set<Integer> asked, List<LeaseTable.Share> shares) {
        Set<Integer> deleted = new HashSet<>(asked);
        shares.forEach(share -> deleted.remove(share.consumerId()));
        deleted.forEach(consumer -> held.replace(consumer, HeldPartitions.NOTHING));
    }

    private Mono<Void> adjust(LeaseTable.Share share, long askedAt) {
        Member member = members.get(share.consumerId());
        if (member == null) {
            return Mono.empty();
        }
        Set<Integer> has = new TreeSet<>(List.of(share.held()));
        report(member, has);
        int surplus = has.size() - (resting.contains(share.consumerId()) ? 0 : share.fair());
        long until = askedAt + lease.toNanos();
        if (surplus > 0) {
            return give(member, has, surplus, until);
        }
        hold(member, new HeldPartitions(has, Set.of(), until));
        return surplus == 0 ? Mono.empty() : take(member, has, -surplus, until);
    }

    private Mono<Void> take(Member member, Set<Integer> has, int missing, long until) {
        return table.take(member.consumerId(), missing)
                .doOnNext(taken -> taken(member, has, taken, until))
                .then();
    }

    private void taken(Member member, Set<Integer> has, List<LeaseTable.Taken> taken, long until) {
        if (taken.isEmpty()) {
            return;
        }
        List<Integer> partitions =
                taken.stream().map(LeaseTable.Taken::partition).toList();
        Map<Integer, Long> suspected = suspects.computeIfAbsent(member.consumerId(), id -> new ConcurrentHashMap<>());
        taken.stream()
                .filter(LeaseTable.Taken::suspect)
                .forEach(partition -> suspected.put(partition.partition(), partition.newestSeq()));
        Set<Integer> all = new TreeSet<>(has);
        all.addAll(partitions);
        hold(member, new HeldPartitions(all, Set.of(), until));
        listener.leased(member.name(), partitions);
    }

    /** The highest ones go: no longer claimed from, and given back as soon as nothing of them is in flight. */
    private Mono<Void> give(Member member, Set<Integer> has, int surplus, long until) {
        Set<Integer> draining = new TreeSet<>(List.copyOf(has).subList(has.size() - surplus, has.size()));
        hold(member, new HeldPartitions(has, draining, until));
        Set<Integer> drained = new TreeSet<>(draining);
        drained.removeIf(partition -> member.isDelivering().test(partition));
        if (drained.size() < draining.size()) {
            lookLater();
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

    private void lookWhatDrained() {
        boolean hasDrained = members.values().stream()
                .anyMatch(member -> held(member.consumerId()).draining().stream()
                        .anyMatch(partition -> !member.isDelivering().test(partition)));
        if (hasDrained) {
            beating.signal();
        } else {
            lookLater();
        }
    }

    private void lookLater() {
        drainLook.in(DRAIN_LOOK.toMillis());
    }

    private Mono<Void> release(Member member, Collection<Integer> partitions) {
        return table.release(member.consumerId(), partitions)
                .doOnSuccess(released -> listener.unleased(member.name(), partitions));
    }

    /** What is new to claim from, taken over or no longer about to be given back, is read from the beginning. */
    private void hold(Member member, HeldPartitions holding) {
        HeldPartitions before = held(member.consumerId());
        HeldPartitions now = holding.after(before);
        if (held.replace(member.consumerId(), now) != null && now.gains() > before.gains()) {
            member.onGained().run();
        }
    }

    private void report(Member member, Set<Integer> has) {
        Set<Integer> lost = new HashSet<>(held(member.consumerId()).all());
        lost.removeAll(has);
        if (!lost.isEmpty()) {
            listener.unleased(member.name(), lost);
        }
    }

    /**
     * A consumer that takes part.
     *
     * @param isDelivering whether something of a partition is in flight
     * @param onGained called when there is more to claim from
     */
    record Member(int consumerId, String name, Predicate<Integer> isDelivering, Runnable onGained) {}
}
