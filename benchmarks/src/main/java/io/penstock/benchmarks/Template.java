package io.penstock.benchmarks;

/**
 * A database that is filled once and copied for each cell, so that all of them start from the same bytes.
 *
 * @param name of the database, unique for what it contains but for the number of events
 */
public record Template(String name, Seeding seeding) {

    /** Fills the database. */
    @FunctionalInterface
    public interface Seeding {
        void fill(Bench bench) throws Exception;
    }
}
