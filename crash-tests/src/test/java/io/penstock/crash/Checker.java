package io.penstock.crash;

import io.penstock.crash.History.Outcome;
import io.penstock.crash.History.Publish;
import io.penstock.crash.Observed.Effect;
import io.penstock.crash.Observed.Owed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Holds what publishers were told against what the database holds. A pure function of both. */
final class Checker {

    private final Map<UUID, Publish> published;
    private final Set<UUID> stored = new HashSet<>();
    private final Observed observed;
    private final List<String> lost = new ArrayList<>();
    private final List<String> ghosts = new ArrayList<>();
    private final List<String> doubles = new ArrayList<>();
    private final List<String> disorder = new ArrayList<>();
    private final List<String> unbalanced = new ArrayList<>();

    private Checker(History history, Observed observed) {
        this.published = history.publishes().stream().collect(Collectors.toMap(Publish::id, publish -> publish));
        this.observed = observed;
        stored.addAll(observed.stored());
        published.values().stream()
                .filter(publish -> publish.outcome() == Outcome.OK)
                .forEach(publish -> stored.add(publish.id()));
        // Retention may have removed one that only a handler has seen.
        observed.effects().stream()
                .map(Effect::event)
                .filter(published::containsKey)
                .forEach(stored::add);
    }

    /** @param faults how often what the scenario is about happened */
    static Verdict check(History history, Observed observed, List<Contract> contracts, long faults) {
        Checker checker = new Checker(history, observed);
        checker.findGhosts();
        contracts.forEach(checker::check);
        return checker.verdict(faults);
    }

    private void findGhosts() {
        observed.stored().stream()
                .filter(this::isNobodys)
                .forEach(event -> ghosts.add(event + " is stored, and was not published"));
        observed.effects().stream()
                .filter(effect -> isNobodys(effect.event()))
                .forEach(effect -> ghosts.add(effect + " is of an event that was not published"));
    }

    private boolean isNobodys(UUID event) {
        Publish publish = published.get(event);
        return publish == null || publish.outcome() == Outcome.FAIL;
    }

    private void check(Contract contract) {
        List<Effect> effects = observed.effects().stream()
                .filter(effect -> effect.consumer().equals(contract.consumer()))
                .toList();
        Map<UUID, Owed> owed = observed.owed().stream()
                .filter(row -> row.consumer().equals(contract.consumer()))
                .collect(Collectors.toMap(Owed::event, row -> row, (row, same) -> row, LinkedHashMap::new));
        Map<UUID, Integer> times = new LinkedHashMap<>();
        effects.forEach(effect -> times.merge(effect.event(), 1, Integer::sum));
        findLost(contract, times.keySet(), owed.keySet());
        if (contract.effectsOnce()) {
            findDoubles(contract, times, owed.keySet());
        }
        if (contract.ordered()) {
            findDisorder(contract, times.keySet(), owed);
        }
        balance(contract, times.keySet(), owed);
    }

    private void findLost(Contract contract, Set<UUID> done, Set<UUID> owed) {
        stored.stream()
                .filter(event -> !done.contains(event) && !owed.contains(event))
                .forEach(event -> lost.add(contract.consumer() + " never got " + event));
    }

    private void findDoubles(Contract contract, Map<UUID, Integer> times, Set<UUID> owed) {
        times.forEach((event, count) -> {
            if (count > 1) {
                doubles.add(contract.consumer() + " did " + event + " " + count + " times");
            } else if (owed.contains(event)) {
                doubles.add(contract.consumer() + " did " + event + " and still owes it");
            }
        });
    }

    /** The first effects of each key, in the order they were written; what has none yet comes after all of them. */
    private void findDisorder(Contract contract, Set<UUID> done, Map<UUID, Owed> owed) {
        Map<String, List<Publish>> keys = new HashMap<>();
        done.stream().filter(published::containsKey).map(published::get).forEach(publish -> add(keys, publish));
        owed.keySet().stream()
                .filter(event -> published.containsKey(event) && !done.contains(event))
                .map(published::get)
                .forEach(publish -> add(keys, publish));
        keys.values().forEach(inOrder -> findDisorder(contract, inOrder));
    }

    private static void add(Map<String, List<Publish>> keys, Publish publish) {
        keys.computeIfAbsent(publish.key(), key -> new ArrayList<>()).add(publish);
    }

    private void findDisorder(Contract contract, List<Publish> handled) {
        Publish latest = null;
        for (Publish publish : handled) {
            if (latest != null && publish.isBefore(latest)) {
                disorder.add(contract.consumer() + " did " + latest.id() + " before " + publish.id() + " of key "
                        + publish.key());
            }
            latest = latest == null || latest.invokedAt() < publish.invokedAt() ? publish : latest;
        }
    }

    private void balance(Contract contract, Set<UUID> done, Map<UUID, Owed> owed) {
        long dead = owed.values().stream().filter(Owed::isDead).count();
        long pending = owed.size() - dead;
        long finished = done.stream().filter(event -> !owed.containsKey(event)).count();
        if (stored.size() != finished + dead + pending) {
            unbalanced.add("%s: %d published, %d done + %d dead + %d pending"
                    .formatted(contract.consumer(), stored.size(), finished, dead, pending));
        }
    }

    private Verdict verdict(long faults) {
        long dead = observed.owed().stream().filter(Owed::isDead).count();
        return new Verdict(
                published.size(),
                published.values().stream()
                        .filter(publish -> publish.outcome() == Outcome.UNKNOWN)
                        .count(),
                observed.effects().size(),
                dead,
                observed.owed().size() - dead,
                faults,
                Map.of(
                        Verdict.LOST, lost,
                        Verdict.GHOSTS, ghosts,
                        Verdict.DOUBLES, doubles,
                        Verdict.DISORDER, disorder,
                        Verdict.CONSERVATION, unbalanced,
                        Verdict.LEAKS, observed.leaks()));
    }
}
