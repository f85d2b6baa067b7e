package io.penstock.bus;

import tools.jackson.databind.JsonNode;

/**
 * Lifts a payload from one version of its type to the next: JSON tree to JSON tree, a pure function. Called by many
 * threads at once; what it throws makes the event a dead letter.
 */
@FunctionalInterface
public interface Upcaster {

    JsonNode upcast(JsonNode payload);
}
