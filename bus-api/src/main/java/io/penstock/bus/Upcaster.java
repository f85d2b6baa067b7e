package io.penstock.bus;

import tools.jackson.databind.JsonNode;

/** Lifts a payload from one version of its type to the next: JSON tree to JSON tree, a pure function. */
@FunctionalInterface
public interface Upcaster {

    JsonNode upcast(JsonNode payload);
}
