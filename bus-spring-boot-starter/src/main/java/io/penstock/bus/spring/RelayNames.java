package io.penstock.bus.spring;

import java.util.Set;

/** The consumers' names of the application's Kafka relays; knows nothing of Kafka, which may not be there. */
record RelayNames(Set<String> names) {}
