package io.penstock.crash;

/**
 * What a consumer of the rig may rely on, and is checked for.
 *
 * @param effectsOnce whether its effects are written in the bus's transaction
 * @param ordered whether the events of a key are handled in order
 */
record Contract(String consumer, boolean effectsOnce, boolean ordered) {

    static final Contract TX = new Contract("tx", true, true);
    static final Contract PLAIN = new Contract("plain", false, true);
    static final Contract BATCH = new Contract("batch", true, false);

    static Contract of(String consumer) {
        return switch (consumer) {
            case "tx" -> TX;
            case "plain" -> PLAIN;
            case "batch" -> BATCH;
            default -> throw new IllegalArgumentException("No consumer '" + consumer + "' in the rig");
        };
    }
}
