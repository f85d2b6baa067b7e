package io.penstock.benchmarks;

/** What a variant is to the others. */
public enum Role {
    /** Penstock. */
    OURS,
    /** The same job by hand on r2dbc-postgresql, without a library. */
    TWIN,
    /** The same job by hand on JDBC. */
    JDBC_TWIN,
    /** Another library. */
    PEER,
    /** A part of the job, or another one, that says what could be reached. */
    CEILING
}
