package io.penstock.benchmarks;

import org.jspecify.annotations.Nullable;

/**
 * One row of a workload's table.
 *
 * @param name unique within its workload
 * @param guarantee what it promises, said beside its number
 * @param against the name of the twin it is measured against; {@code null}: none
 * @param template the database each cell of it starts from; {@code null}: an empty one
 * @param turns when it runs
 */
public record Variant(
        String name,
        Role role,
        String guarantee,
        @Nullable String against,
        @Nullable Template template,
        Turns turns,
        Opener opener) {

    /** Starts from an empty database and is measured against no twin. */
    public static Variant of(String name, Role role, String guarantee, Opener opener) {
        return new Variant(name, role, guarantee, null, null, Turns.ALL, opener);
    }

    /** The same, measured against that twin. */
    public Variant against(String twin) {
        return new Variant(name, role, guarantee, twin, template, turns, opener);
    }

    /** The same, on a copy of that database. */
    public Variant on(Template seeded) {
        return new Variant(name, role, guarantee, against, seeded, turns, opener);
    }

    /** The same, in processes of its own, which are new in each cell: it is not warmed up in this one. */
    public Variant cold() {
        return new Variant(name, role, guarantee, against, template, turns.cold(), opener);
    }

    /** The same, in the first round only. */
    public Variant once() {
        return new Variant(name, role, guarantee, against, template, turns.once(), opener);
    }

    /** Makes an attempt for one cell; does no work yet. */
    @FunctionalInterface
    public interface Opener {
        Attempt open(Bench bench) throws Exception;
    }
}
