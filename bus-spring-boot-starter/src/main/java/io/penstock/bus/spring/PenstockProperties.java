package io.penstock.bus.spring;

import io.penstock.bus.OnDead;
import io.penstock.bus.r2dbc.SchemaMode;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How the bus behaves in this application; the defaults are those of {@link io.penstock.bus.r2dbc.BusOptions}, but for the
 * grace, which ends before Spring gives up waiting. Immutable.
 *
 * @param enabled Whether there is a bus at all.
 * @param schema Database schema of all tables of the bus.
 * @param schemaMode What starting does about the schema: bring it to this version, check it, or look at nothing.
 * @param node Name of this node in the database and in deliveries; "node-" and random digits unless given.
 * @param source Source of events that name none; the application's name unless given.
 * @param connections Connections of the bus's own, besides those of the application's pool. 2 to 100.
 * @param pollInterval How often the database is asked for work that no signal told of. 10 ms to 1 day. Of a consumer
 *     that works through a backlog, only each fifth poll looks for what committed late.
 * @param lease How long partitions stay with a node that is silent. 1 s to 1 h.
 * @param retention How long finished events are kept after they were published.
 * @param retentionInterval How often finished events past their retention are removed. 1 s to 1 day.
 * @param grace How long stopping waits for running handlers. Up to 1 h; keep it below
 *     spring.lifecycle.timeout-per-shutdown-phase.
 * @param acquireTimeout How long a delivery waits for a connection of the application. 10 ms to 1 h.
 * @param notifications Whether nodes tell each other of events by NOTIFY. Switch it off behind a pooler that shares
 *     connections between transactions.
 * @param maxPendingPublishes Publishes outside of transactions that may wait to be written.
 * @param startTimeout How long the application's start waits for the schema and for each consumer.
 * @param startConsumers Whether consumers run on this node. Without them it publishes only.
 * @param limits How large an event may be.
 * @param metrics What is measured.
 * @param tracing How events are traced.
 * @param health When the bus is not healthy.
 * @param consumers Settings of single consumers by name; they win over what the code says.
 */
@ConfigurationProperties("penstock")
public record PenstockProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("penstock") String schema,
        @DefaultValue("migrate") SchemaMode schemaMode,
        @Nullable String node,
        @Nullable String source,
        @DefaultValue("5") int connections,
        @DefaultValue("1s") Duration pollInterval,
        @DefaultValue("15s") Duration lease,
        @DefaultValue("7d") Duration retention,
        @DefaultValue("1m") Duration retentionInterval,
        @DefaultValue("25s") Duration grace,
        @DefaultValue("30s") Duration acquireTimeout,
        @DefaultValue("true") boolean notifications,
        @DefaultValue("100000") int maxPendingPublishes,
        @DefaultValue("1m") Duration startTimeout,
        @DefaultValue("true") boolean startConsumers,
        @DefaultValue Limits limits,
        @DefaultValue Metrics metrics,
        @DefaultValue Tracing tracing,
        @DefaultValue Health health,
        @DefaultValue Map<String, Consumer> consumers) {

    /**
     * What is measured.
     *
     * @param enabled Whether the bus is measured, if Micrometer is there.
     * @param interval How often backlog and ages are read from the database.
     */
    public record Metrics(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("10s") Duration interval) {

        public Metrics {
            if (interval.compareTo(Duration.ofMillis(1)) < 0) {
                throw new IllegalArgumentException("interval is " + interval + ", allowed is from PT0.001S");
            }
        }
    }

    /**
     * How events are traced.
     *
     * @param enabled Whether publishing and handling are observed, if Micrometer Observation is there.
     */
    public record Tracing(@DefaultValue("true") boolean enabled) {}

    /**
     * When the bus is not healthy.
     *
     * @param oldestAge The age of a consumer's oldest undelivered event from which on it is degraded.
     */
    public record Health(@DefaultValue("5m") Duration oldestAge) {}

    /**
     * How large an event may be.
     *
     * @param maxPayload The payload's JSON text in UTF-8.
     * @param maxHeaders How many headers.
     * @param maxHeaderSize Names and values of all headers together in UTF-8.
     * @param maxNameLength Characters of source, aggregate type, aggregate id and key.
     */
    public record Limits(
            @DefaultValue("1MB") DataSize maxPayload,
            @DefaultValue("64") int maxHeaders,
            @DefaultValue("16KB") DataSize maxHeaderSize,
            @DefaultValue("512") int maxNameLength) {}

    /**
     * Settings of one consumer; what is not set stays as the code says.
     *
     * @param enabled Whether it runs on this node.
     * @param concurrency Handlers running at once on this node. 1 to 10000.
     * @param prefetch Deliveries held in memory besides the running ones. 0 to 100000.
     * @param batchSize Events given to a batch handler at once. 1 to 10000.
     * @param timeout How long one run of the handler may take. 1 ms to 365 days.
     * @param onDead What follows a dead letter of an ordered consumer.
     * @param retry What follows a failed attempt.
     */
    public record Consumer(
            @DefaultValue("true") boolean enabled,
            @Nullable Integer concurrency,
            @Nullable Integer prefetch,
            @Nullable Integer batchSize,
            @Nullable Duration timeout,
            @Nullable OnDead onDead,
            @DefaultValue Retry retry) {}

    /**
     * What follows a failed attempt of one consumer.
     *
     * @param maxAttempts Runs of the handler in all, from 1.
     * @param initialDelay Wait before the second attempt.
     * @param multiplier What each further wait is multiplied by. 1 to 1000.
     * @param maxDelay The longest wait.
     * @param jitter The share of a wait that is random. 0 to 1.
     */
    public record Retry(
            @Nullable Integer maxAttempts,
            @Nullable Duration initialDelay,
            @Nullable Double multiplier,
            @Nullable Duration maxDelay,
            @Nullable Double jitter) {}
}
