package io.penstock.bus.r2dbc;

/** How a transaction that the bus began has ended. */
public enum TransactionEnding {
    COMMITTED,
    ROLLED_BACK,

    /** No answer to the commit came: it is committed or not. */
    UNKNOWN
}
