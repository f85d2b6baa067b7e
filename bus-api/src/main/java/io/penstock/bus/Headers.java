package io.penstock.bus;

/** Names of the headers that Penstock itself reads and writes; all others belong to the application. */
public final class Headers {

    /** The id shared by all events that go back to one first cause. */
    public static final String CORRELATION_ID = "correlation-id";

    /** The id of the event whose handling published this one. */
    public static final String CAUSATION_ID = "causation-id";

    private Headers() {}
}
