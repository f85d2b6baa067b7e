package io.penstock.crash;

/** Where a node can die by itself, in the order in which a delivery comes past. */
enum Failpoint {
    NONE,
    /** Rows were read; no handler knows of them. */
    CLAIMED,
    /** Decoded; the transaction has not begun. */
    STARTED,
    /** In the handler; the inbox row is deleted in the open transaction. */
    BEFORE_EFFECT,
    /** In the handler; the effect is written in the open transaction. */
    AFTER_EFFECT,
    /** Committed by a transactional handler; nothing written yet of what a plain one did. */
    COMPLETED,
    /** The database has answered the DELETE of inbox rows; the node has not looked at the answer. */
    REMOVED
}
