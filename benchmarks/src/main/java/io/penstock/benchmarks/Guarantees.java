package io.penstock.benchmarks;

/** What is promised beside a number, where several variants promise the same. */
final class Guarantees {

    static final String DELIVERY = "at least once, retries, dead letters, many nodes";
    static final String BY_HAND = "no retries, no second node, a failure stops it";
    static final String EFFECT_ONCE = "the handler's write and the event's end commit together; retries, dead letters";
    static final String EFFECT_ONCE_BY_HAND = "the write and the event's end commit together; a failure stops it";
    static final String STORED = "stored with what is owed to each consumer, publishing twice is harmless";
    static final String ORDER_ALONE = "no event: the order alone";
    static final String STORED_BY_HAND = "stored with what is owed to each consumer";

    private Guarantees() {}
}
