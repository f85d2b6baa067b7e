package io.penstock.bus.r2dbc;

/** What a starting bus does about its database schema. */
public enum SchemaMode {
    /** Brings it to the version this library needs; several nodes may do so at once. The default. */
    MIGRATE,
    /** Fails, naming the missing version, unless it is at least what this library needs. */
    VALIDATE,
    /** Looks at nothing. */
    NONE
}
