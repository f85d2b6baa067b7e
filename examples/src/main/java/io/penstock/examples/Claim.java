package io.penstock.examples;

import java.util.Objects;
import reactor.core.publisher.Mono;

/** Something that should hold in the database, as a query for whatever breaks it. */
record Claim(String text, String brokenBy) {

    Mono<Verdict> verdict(OrdersDatabase database) {
        String first =
                "SELECT count(*) AS broken, concat_ws(', ', VARIADIC (array_agg(broken_by))[1:3]) AS examples FROM ("
                        + brokenBy + ") AS rows";
        return database.query(
                        first,
                        statement -> {},
                        row -> new Verdict(
                                text,
                                Objects.requireNonNull(row.get("broken", Long.class)),
                                String.valueOf(row.get("examples", String.class))))
                .single();
    }

    /**
     * Whether a claim holds.
     *
     * @param broken how many times it does not
     * @param examples the first few of those
     */
    record Verdict(String claim, long broken, String examples) {

        boolean holds() {
            return broken == 0;
        }

        @Override
        public String toString() {
            return holds()
                    ? "OK      " + claim
                    : "FAILED  " + claim + ": not so for " + broken + ", such as " + examples;
        }
    }
}
