package io.penstock.benchmarks.peers;

import java.util.List;

/** What the processes of a peer from npm do together. */
enum NodeJob {
    PUBLISH_BULK(Part.PUBLISH_BULK),
    PUBLISH_SINGLE(Part.PUBLISH_SINGLE),
    PUBLISH_TX(Part.PUBLISH_TX),
    DRAIN(Part.WORK),
    STEADY(Part.WORK, Part.PUBLISH_BULK),
    LATENCY(Part.LATENCY);

    private final List<Part> parts;

    NodeJob(Part... parts) {
        this.parts = List.of(parts);
    }

    /** In the order in which they are started. */
    List<Part> parts() {
        return parts;
    }

    /** How many events it is given where nothing handles them. */
    int most() {
        return this == PUBLISH_BULK ? 50_000 : 20_000;
    }

    boolean isFilled() {
        return this == DRAIN;
    }

    boolean isInTransaction() {
        return this == PUBLISH_TX;
    }

    boolean isAtRate() {
        return this == LATENCY;
    }

    boolean handles() {
        return parts.stream().anyMatch(Part::handles);
    }

    /** What one process does. */
    enum Part {
        FILL("fill"),
        PUBLISH_BULK("publish-bulk"),
        PUBLISH_SINGLE("publish-single"),
        PUBLISH_TX("publish-tx"),
        WORK("work"),
        /** Publishes at a rate and handles, in one process and by one clock. */
        LATENCY("latency");

        private final String role;

        Part(String role) {
            this.role = role;
        }

        String role() {
            return role;
        }

        boolean handles() {
            return this == WORK || this == LATENCY;
        }
    }
}
